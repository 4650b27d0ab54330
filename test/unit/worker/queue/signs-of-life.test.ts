/** The last sign of life outlives the socket and the object's memory. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aRunner, TestRunner } from "../../../support/queue/test-runner.ts";

const noteOf = (queue: QueueUnderTest) => queue.queue.state.runners.get("runner-1")?.lastSignMs;

test("while a socket is open signs of life are read, not written", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  await queue.pass(10 * queue.times.leaseMs);

  expect(noteOf(queue)).toBeNull();
});

test("when the socket closes the newest sign is written: the last answered ping", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await queue.pass(60_000);
  runner.fallSilent();
  const pingMs = queue.nowMs;
  await queue.pass(50_000);

  queue.loseLine(runner.line);

  expect(noteOf(queue)).toBe(pingMs);
});

test("when the socket closes the newest sign is written: the last frame", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  runner.fallSilent();
  await queue.pass(30_000);
  await runner.report();
  const frameMs = queue.nowMs;
  await queue.pass(20_000);

  queue.loseLine(runner.line);

  expect(noteOf(queue)).toBe(frameMs);
});

test("the silence counts on from that note, also in a fresh object", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "claimed");
  runner.fallSilent();
  await queue.pass(50_000);
  queue.loseLine(runner.line);
  queue.restart({ keepsSockets: false });

  await queue.pass(40_000);
  expect(queue.stateOf(queue.row("1"))).toBe("claimed");
  await queue.pass(1_000);

  expect(queue.stateOf(queue.row("1"))).toBe("queued");
});

test("the end of a socket that never proved itself, or of an older one, is no sign", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const old = runner.line;
  await runner.reconnect();
  const stranger = new TestRunner(queue);

  queue.loseLine(stranger.line);
  queue.queue.closed(old);

  expect(noteOf(queue)).toBeNull();
});

test("an object that wakes with jobs, without sockets and notes, writes *now*, once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  await queue.pass(30_000);
  queue.restart({ keepsSockets: false });
  await queue.pass(20_000);

  await queue.fireAlarm();
  const wokeMs = queue.nowMs;
  expect(noteOf(queue)).toBe(wokeMs);
  await queue.pass(60_000);
  queue.restart({ keepsSockets: false });
  await queue.fireAlarm();

  expect(noteOf(queue)).toBe(wokeMs);
});

test("a hello takes the note away", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.loseLine(runner.line);
  expect(noteOf(queue)).not.toBeNull();

  await runner.reconnect();

  expect(noteOf(queue)).toBeNull();
});
