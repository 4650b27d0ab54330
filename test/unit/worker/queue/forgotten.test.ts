/** A job that UCloud says it does not know: three noes over at least five minutes, and it is stopped and dropped. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, type TestRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;

async function aRunningJob(
  queue: QueueUnderTest,
): Promise<{ runner: TestRunner; ref: Awaited<ReturnType<typeof bring>> }> {
  const runner = await aRunner(queue);
  return { runner, ref: await bring(queue, runner, "running") };
}

test("is asked about three times over five minutes before it counts as forgotten", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  queue.core.jobs.delete("1");

  await queue.pass(queue.times.guardMs + queue.times.forgottenMs - 1);
  expect(queue.core.called("exists")).toEqual([["1"], ["1"]]);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
  await queue.pass(1_000);

  expect(queue.times.forgottenMs).toBe(300_000);
  expect(queue.core.called("exists")).toHaveLength(3);
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
  expect(runner.line.heard("forget")).toEqual([{ type: "forget", ref }]);
});

test("is told nothing any more, whatever its runner says", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  queue.core.jobs.delete("1");
  await queue.pass(600_000);
  queue.core.calls.length = 0;
  queue.beKnown(aJob());

  await runner.fact(ref, anExit());
  queue.terminate(aJob());
  await queue.pass(7 * 86_400_000 - 1_000_000);

  expect(runner.lastAnswer()).toBe("forget");
  expect(queue.core.calls).toEqual([]);
});

test("is stopped when its runner comes back, if it was away", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  queue.loseLine(runner.line);
  queue.core.jobs.delete("1");
  await queue.pass(600_000);

  expect(await runner.reconnect([{ ref, phase: "running" }])).toEqual([{ ref, verdict: "forget" }]);
});

test("that UCloud knows again after two noes is told as if nothing had been", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  queue.core.jobs.delete("1");
  await queue.pass(queue.times.guardMs + queue.times.forgottenMs / 2 + 1);
  expect(queue.core.called("exists")).toHaveLength(2);
  queue.beKnown(aJob());

  await queue.pass(queue.times.forgottenMs);
  await runner.fact(ref, anExit());
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  expect(queue.row("1").telling.noes).toBeNull();
});

test("a yes in between begins the count anew", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  await queue.pass(1_000);
  queue.core.jobs.delete("1");
  await runner.fact(ref, anExit());
  await queue.pass(queue.times.forgottenMs / 2 + 1_000);
  expect(queue.row("1").telling.noes?.count).toBe(2);
  queue.beKnown(aJob());
  queue.core.badItems.set("1", { kind: "rejected", status: 400 });
  await queue.pass(queue.times.forgottenMs);

  queue.core.jobs.delete("1");
  await queue.pass(queue.times.retryMaxMs);

  expect(queue.row("1").telling.forgotten).toBe(false);
  queue.core.badItems.clear();
  queue.beKnown(aJob());
  await queue.pass(queue.times.forgottenMs);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("an outage between two noes is no third one, however long it is", async () => {
  const queue = openQueue();
  await aRunningJob(queue);
  queue.core.jobs.delete("1");
  await queue.pass(queue.times.guardMs);
  queue.core.trouble = { kind: "unavailable", status: 502 };
  await queue.pass(HOUR);
  queue.core.trouble = null;

  while (queue.row("1").telling.noes?.count === 1) {
    await queue.pass(10_000);
  }
  expect(queue.stateOf(queue.row("1"))).toBe("running");
  await queue.pass(queue.times.forgottenMs / 2);

  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});

test("three noes in less than five minutes are not enough", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await runner.say({ type: "progress", ref, text: "Pulling" });
  queue.core.jobs.delete("1");
  await queue.pass(1_000);
  await advance(runner, ref, "claimed", "running");
  await queue.pass(queue.times.forgottenMs / 2 + 2_000);
  expect(queue.core.called("exists")).toHaveLength(3);
  expect(queue.stateOf(queue.row("1"))).toBe("running");

  await queue.pass(queue.times.forgottenMs / 2);

  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});

test("a job that ended is dropped as well, and its row is removed in time", async () => {
  const queue = openQueue();
  const { runner, ref } = await aRunningJob(queue);
  await queue.pass(1_000);
  queue.core.jobs.delete("1");
  await runner.fact(ref, anExit());

  await queue.pass(600_000);
  expect(queue.queue.state.jobs.countUntold()).toBe(0);
  await queue.pass(queue.times.keepMs + 3_600_000);

  expect(queue.queue.job("1")).toBeNull();
});
