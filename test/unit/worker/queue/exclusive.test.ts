/** Jobs that have their machine to themselves: one comes to an empty machine, and nothing comes to it meanwhile. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
const ALONE = { plan: { exclusive: true } };
const SMALL = { cpu: 1, memoryBytes: 2 ** 30, gpu: 0 };

test("it waits until nothing else is on the machine, however much room there is", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const first = await bring(queue, runner, "running");

  queue.create(aJob({ id: "2", ...ALONE }));
  expect(runner.offers()).toHaveLength(1);
  await advance(runner, first, "running", "done");

  expect(runner.offered().job).toBe("2");
});

test.each(["claimed", "running"] as const)("nothing is offered beside it while it is %s", async (state) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, state, aJob(ALONE));

  queue.create(aJob({ id: "2" }));
  queue.restart({ keepsSockets: true });
  queue.create(aJob({ id: "3", ...ALONE }));
  expect(runner.offers()).toEqual([ref]);
  await advance(runner, ref, state, "done");

  expect(runner.offers().map(({ job }) => job)).toEqual(["1", "2"]);
});

test("of two that come in one call it is offered alone", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(aJob(ALONE), aJob({ id: "2", plan: { workspace: "user:bob" } }));
  expect(runner.offers().map(({ job }) => job)).toEqual(["1"]);
});

test.each([
  ["runs a job of another of its queues", { usedElsewhere: SMALL }],
  ["keeps room for another of its queues", { usedElsewhere: SMALL, heldElsewhere: true }],
])("it does not come to a machine that %s", async (_, room) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  Object.assign(runner, room);
  await runner.report();
  queue.create(aJob(ALONE));
  expect(runner.offers()).toEqual([]);

  Object.assign(runner, { usedElsewhere: { cpu: 0, memoryBytes: 0, gpu: 0 }, heldElsewhere: false });
  await runner.report();
  expect(runner.offers()).toHaveLength(1);
});

test("once it is old the whole machine is kept for it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const first = await bring(queue, runner, "running");
  queue.create(aJob({ id: "2", plan: { exclusive: true, workspace: "user:bob" } }));
  await queue.pass(HOUR + 1);
  await runner.hello({ inventory: [{ ref: first, phase: "running" }] });

  queue.create(aJob({ id: "3", plan: { workspace: "user:carol" } }));

  expect(runner.heldCpu()).toBe(4);
  expect(runner.offers()).toEqual([first]);
});

test("its user and an administrator read what it waits for", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.create(aJob({ id: "2", ...ALONE }));
  runner.speakAgain();
  await queue.pass(120_000);

  expect(queue.core.told("2").at(-1)?.status).toBe(
    "Waiting for a machine without other jobs: this job is the next one.",
  );
  expect(queue.queue.job("2")?.waitsFor).toBe("a machine without other jobs");
});
