/** One bad job hurts only itself: UCloud refuses a whole batch for it, or fails over it. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, type TestRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const IDS = Array.from({ length: 33 }, (_, index) => `a${index}`);

/** Jobs with something to tell, all at the same moment. */
async function startAll(queue: QueueUnderTest): Promise<TestRunner> {
  const runner = await aRunner(queue, { cpu: IDS.length });
  queue.create(...IDS.map((id) => aJob({ id })));
  for (const ref of runner.offers()) {
    await advance(runner, ref, "offered", "running");
  }
  return runner;
}

const untold = (queue: QueueUnderTest, bad: string[] = []) =>
  IDS.filter((id) => !bad.includes(id) && queue.core.states(id).length === 0);

test.each([["a0"], ["a17"], ["a32"]])("of a batch that is refused for %s all others are told at once", async (bad) => {
  const queue = openQueue();
  await startAll(queue);
  queue.core.jobs.delete(bad);

  await queue.pass(queue.times.guardMs);

  expect(untold(queue, [bad])).toEqual([]);
  expect(queue.core.called("exists")).toEqual([[bad]]);
  // Halved until it stands alone, never one request for each job.
  expect(queue.core.calls.length).toBeLessThan(20);
});

test("two bad jobs are both found", async () => {
  const queue = openQueue();
  await startAll(queue);
  queue.core.jobs.delete("a3");
  queue.core.jobs.delete("a30");

  await queue.pass(queue.times.guardMs);

  expect(untold(queue, ["a3", "a30"])).toEqual([]);
  expect(queue.core.called("exists").flat().sort()).toEqual(["a3", "a30"]);
});

test("once found, the bad job is asked about alone and does not spoil the batches of others", async () => {
  const queue = openQueue();
  const runner = await startAll(queue);
  queue.core.jobs.delete("a5");
  await queue.pass(queue.times.guardMs);
  queue.core.calls.length = 0;

  for (const ref of runner.offers().filter(({ job }) => job !== "a5")) {
    await advance(runner, ref, "running", "done");
  }
  await queue.pass(queue.times.forgottenMs);

  const batches = queue.core.called("update");
  expect(batches.filter((ids) => ids.includes("a5")).every((ids) => ids.length === 1)).toBe(true);
  expect(IDS.filter((id) => id !== "a5" && queue.core.states(id).at(-1) !== "SUCCESS")).toEqual([]);
});

test("a bad job that was set aside does not ride along with others, also when all are due", async () => {
  const queue = openQueue();
  const runner = await startAll(queue);
  queue.core.jobs.delete("a5");
  await queue.pass(queue.times.guardMs);
  for (const ref of runner.offers().filter(({ job }) => job !== "a5")) {
    await advance(runner, ref, "running", "done");
  }
  queue.core.calls.length = 0;

  queue.nowMs += queue.times.forgottenMs;
  await queue.fireAlarm();

  const batches = queue.core.called("update");
  expect(batches.filter((ids) => ids.includes("a5"))).toEqual([["a5"]]);
  expect(IDS.filter((id) => id !== "a5" && queue.core.states(id).at(-1) !== "SUCCESS")).toEqual([]);
});

test("an item over which UCloud fails with 500 is set aside after a while, and the others are told", async () => {
  const queue = openQueue();
  await startAll(queue);
  queue.core.badItems.set("a7", { kind: "unavailable", status: 500 });

  await queue.pass(600_000);
  expect(untold(queue, ["a7"])).toEqual([]);
  expect(queue.core.states("a7")).toEqual([]);

  queue.core.badItems.clear();
  await queue.pass(queue.times.retryMaxMs + 1_000);
  expect(queue.core.states("a7")).toEqual(["RUNNING"]);
});

test("a state that is not final and is refused for good gives way to the end of its job", async () => {
  const queue = openQueue();
  const runner = await startAll(queue);
  queue.core.badItems.set("a7", { kind: "rejected", status: 400 });
  await queue.pass(queue.times.guardMs);
  expect(queue.core.states("a7")).toEqual([]);

  queue.core.badItems.clear();
  const ref = runner.offers().find(({ job }) => job === "a7") ?? runner.offered();
  await advance(runner, ref, "running", "done");
  await queue.pass(60_000);

  expect(queue.core.states("a7")).toEqual(["SUCCESS"]);
});

test("an end that is refused although UCloud has the job is said again until it is taken", async () => {
  const queue = openQueue({ retryMaxMs: HOUR });
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(queue.times.guardMs);
  queue.core.badItems.set("1", { kind: "rejected", status: 400 });
  await runner.fact(ref, anExit());
  await queue.pass(8 * DAY);
  expect(queue.core.states("1")).toEqual(["RUNNING"]);

  queue.core.badItems.clear();
  await queue.pass(queue.times.retryMaxMs + 1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});
