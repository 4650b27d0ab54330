/** UCloud does not answer: everybody waits, longer each time; an end waits for as long as it takes. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DOWN = { kind: "unavailable", status: null } as const;

test("retries come with growing waits, at random below a bound of five minutes", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.core.trouble = DOWN;
  queue.random = 0.999;
  const tries: number[] = [];
  queue.core.update = async () => {
    tries.push(queue.nowMs);
    return DOWN;
  };

  await queue.pass(3_600_000);

  const waits = tries.slice(1).map((atMs, index) => atMs - (tries[index] ?? 0));
  expect(waits.slice(0, 6).map((ms) => Math.round(ms / 1_000))).toEqual([2, 4, 8, 16, 32, 64]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(queue.times.retryMaxMs + 1);
  expect(waits.at(-1)).toBeGreaterThan(290_000);
});

test("with the smallest luck a retry still waits", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.core.trouble = DOWN;
  queue.random = 0;

  await queue.pass(queue.times.guardMs + 20);

  expect(queue.core.called("update").length).toBeGreaterThan(1);
  expect(queue.core.called("update").length).toBeLessThanOrEqual(21);
});

test("while one call has failed nobody else is tried, and after it everybody is told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running", aJob({ id: "1" }));
  queue.core.trouble = DOWN;
  queue.random = 0.999;
  await queue.pass(queue.times.guardMs);
  expect(queue.core.calls).toHaveLength(1);

  await bring(queue, runner, "running", aJob({ id: "2" }));
  await queue.pass(queue.times.guardMs);
  expect(queue.core.calls).toHaveLength(1);
  queue.core.trouble = null;
  await queue.pass(2_000);

  expect(queue.core.called("update").at(-1)).toEqual(["1", "2"]);
});

test("an end is delivered after eight days of outage", async () => {
  const queue = openQueue({ retryMaxMs: HOUR, leaseMs: DAY });
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(1_000);
  queue.core.trouble = DOWN;
  await runner.fact(ref, anExit());

  await queue.pass(8 * DAY);
  expect(queue.core.states("1")).toEqual(["RUNNING"]);
  queue.core.trouble = null;
  await queue.pass(queue.times.retryMaxMs + 1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("what is not final is no news after seven days and is given up; the end is told alone", async () => {
  const queue = openQueue({ retryMaxMs: HOUR, leaseMs: DAY });
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.core.trouble = DOWN;
  await queue.pass(7 * DAY - HOUR);
  expect(queue.row("1").telling.update?.state).toBe("RUNNING");
  await queue.pass(3 * HOUR);
  expect(queue.row("1").telling.update).toBeNull();

  queue.core.trouble = null;
  await runner.fact(ref, anExit());
  await queue.pass(queue.times.retryMaxMs + 1_000);

  expect(queue.core.states("1")).toEqual(["SUCCESS"]);
});

test("a refused refresh token is recorded from its first refusal, and cleared by the first answer", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.core.trouble = { kind: "refresh-refused" };
  await queue.pass(queue.times.guardMs);
  const sinceMs = queue.nowMs;
  await queue.pass(1_800_000);

  queue.restart({ keepsSockets: true });
  expect(queue.queue.state.settings.get().refreshRefusedSinceMs).toBe(sinceMs);
  queue.core.trouble = null;
  await queue.pass(queue.times.retryMaxMs + 1_000);

  expect(queue.queue.state.settings.get().refreshRefusedSinceMs).toBeNull();
  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});

test("an ordinary outage is no refused refresh token", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.core.trouble = { kind: "unavailable", status: 503 };

  await queue.pass(3_600_000);

  expect(queue.queue.state.settings.get().refreshRefusedSinceMs).toBeNull();
  expect(queue.queue.create([aJob({ id: "2" })], null).kind).toBe("stored");
});

test("an alarm asks UCloud at most eight times; what is left follows at once", async () => {
  const queue = openQueue();
  const ids = Array.from({ length: 12 }, (_, index) => `a${index}`);
  queue.createUnanswered(...ids.map((id) => aJob({ id })));
  queue.terminate(...ids.map((id) => aJob({ id })));
  queue.nowMs += queue.times.answeredMs;

  await queue.fireAlarm();
  expect(queue.core.calls).toHaveLength(8);
  expect(queue.alarmMs).toBeLessThanOrEqual(queue.nowMs);
  await queue.pass(1_000);

  expect(ids.filter((id) => queue.core.states(id).join() !== "SUCCESS")).toEqual([]);
});

test("a call of UCloud's ends a long wait: it is back", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running", aJob({ id: "1" }));
  queue.core.trouble = DOWN;
  queue.random = 0.999;
  await queue.pass(1_200_000);
  queue.core.trouble = null;
  const before = queue.core.called("update").length;

  queue.create(aJob({ id: "2" }));
  await queue.pass(1_000);

  expect(queue.core.called("update").slice(before)).toEqual([["1"]]);
});
