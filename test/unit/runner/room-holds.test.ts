/** Who has the room of a machine that several queues want for a large job. */
import { expect, test } from "vitest";
import { HOLD_MS, RoomHolds } from "../../../runner/room-holds.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const need = (cpu: number) => ({ cpu, memoryBytes: cpu, gpu: 0 });

function aHold() {
  const clock = new ManualClock();
  const rooms = new RoomHolds(clock, () => {});
  return { clock, rooms, who: () => rooms.granted?.category ?? null };
}

test("one queue at a time, in the order in which they asked", () => {
  const { rooms, who } = aHold();
  rooms.ask("a", need(4));
  rooms.ask("b", need(2));
  rooms.ask("c", need(1));
  expect(who()).toBe("a");
  rooms.end("b");
  rooms.ask("a", null);
  expect(who()).toBe("c");
  rooms.end("c");
  expect(who()).toBeNull();
});

test("who asks again keeps its place with the newer need; who was offered a job begins at the end", () => {
  const { rooms, who } = aHold();
  rooms.ask("a", need(4));
  rooms.ask("b", need(2));
  rooms.ask("a", need(3));
  expect(rooms.granted).toMatchObject({ category: "a", need: need(3) });
  rooms.end("a");
  rooms.ask("a", need(4));
  expect(who()).toBe("b");
});

test("after a day it is the next one's turn; alone it stays, until somebody comes", async () => {
  const { clock, rooms, who } = aHold();
  rooms.ask("a", need(4));
  await clock.advance(HOLD_MS);
  rooms.ask("b", need(2));
  await clock.advance(HOLD_MS - 1);
  expect(who()).toBe("a");
  await clock.advance(1);
  expect(who()).toBe("b");
  await clock.advance(HOLD_MS);
  expect(who()).toBe("a");
});

test("each has the whole day, and a runner that stops leaves no timer", async () => {
  const { clock, rooms, who } = aHold();
  rooms.ask("a", need(4));
  await clock.advance(HOLD_MS / 2);
  rooms.ask("b", need(2));
  rooms.ask("c", need(2));
  rooms.end("a");
  await clock.advance(HOLD_MS - 1);
  expect([who(), clock.waiting]).toEqual(["b", 1]);
  rooms.close();
  expect(clock.waiting).toBe(0);
});
