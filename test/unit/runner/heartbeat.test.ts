/** Pings by a clock moved by hand. */
import { expect, test } from "vitest";
import { Heartbeat } from "../../../runner/heartbeat.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function aHeartbeat() {
  const clock = new ManualClock();
  const startMs = clock.uptimeMs();
  const seen: string[] = [];
  const since = () => clock.uptimeMs() - startMs;
  const heartbeat = new Heartbeat({
    ...{ timers: clock, pingMs: 1_000, pongMs: 400, uptimeMs: () => clock.uptimeMs() },
    send: () => seen.push(`ping ${since()}`),
    heard: (sentAtMs) => seen.push(`heard ${sentAtMs - startMs}`),
    dead: () => seen.push(`dead ${since()}`),
  });
  return { clock, heartbeat, seen };
}

test("an unanswered ping is a dead line after the deadline, once", async () => {
  const { clock, seen } = aHeartbeat();
  await clock.advance(10_000);
  expect(seen).toEqual(["ping 1000", "dead 1400"]);
});

test("the next ping comes one period after an answer", async () => {
  const { clock, heartbeat, seen } = aHeartbeat();
  await clock.advance(1_300);
  heartbeat.pong();
  await clock.advance(1_000);
  expect(seen).toEqual(["ping 1000", "heard 1000", "ping 2300"]);
});

test("an answer that nobody asked for is no sign of life", async () => {
  const { clock, heartbeat, seen } = aHeartbeat();
  heartbeat.pong();
  await clock.advance(1_000);
  heartbeat.pong();
  heartbeat.pong();
  expect(seen).toEqual(["ping 1000", "heard 1000"]);
});

test("a stopped heart neither pings nor dies", async () => {
  const { clock, heartbeat, seen } = aHeartbeat();
  await clock.advance(1_000);
  heartbeat.stop();
  await clock.advance(10_000);
  expect(seen).toEqual(["ping 1000"]);
});
