/** Machines with GPUs of several kinds: each kind is counted on its own. */
import { expect, test } from "vitest";
import { advance } from "../../../support/queue/journey.ts";
import { aJob, GIBIBYTE } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, type TestRunner } from "../../../support/queue/test-runner.ts";

const KINDS = [
  { kind: "a100", total: 1, elsewhere: 0 },
  { kind: "h100", total: 2, elsewhere: 0 },
];
const ofTwoKinds = (gpuKinds = KINDS) => {
  const capacity = aCapacity({ cpu: 8 });
  return { ...capacity, total: { ...capacity.total, gpu: 3 }, gpuKinds };
};
const onGpu = (id: string, gpuKind: string | null, gpu = 1) =>
  aJob({ id, plan: { gpuKind, resources: { cpu: 1, memoryBytes: GIBIBYTE, gpu }, workspace: `user:of-${id}` } });
const jobs = (runner: TestRunner) => runner.offers().map(({ job }) => job);

test("jobs of each kind are offered as long as there are devices of that kind", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await runner.report(ofTwoKinds());

  queue.create(onGpu("1", "a100"), onGpu("2", "a100"), onGpu("3", "h100"), onGpu("4", "h100"), onGpu("5", "h100"));
  expect(jobs(runner)).toEqual(["1", "3", "4"]);
  const [first] = runner.offers();
  if (first !== undefined) {
    await advance(runner, first, "offered", "done");
  }
  expect(jobs(runner)).toEqual(["1", "3", "4", "2"]);
});

test("what other queues use or keep of a kind is not offered", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await runner.report(ofTwoKinds([{ kind: "a100", total: 1, elsewhere: 1 }, ...KINDS.slice(1)]));
  queue.create(onGpu("1", "a100"), onGpu("2", "h100"));
  expect(jobs(runner)).toEqual(["2"]);
});

test("a job that names no kind, another kind or too many waits, one without GPUs goes", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await runner.report(ofTwoKinds());
  queue.create(onGpu("1", null), onGpu("2", "t4"), onGpu("3", "a100", 2), onGpu("4", null, 0));
  expect(jobs(runner)).toEqual(["4"]);
  expect(["1", "2", "3"].map((id) => queue.queue.job(id)?.waitsFor)).toEqual(
    Array(3).fill("a bigger machine: no connected one is big enough"),
  );
});
