/** What UCloud shows of a machine type: whether a job that comes now has to wait. */
import { expect, test } from "vitest";
import { queueStatus } from "../../../../worker/queue/load.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aRunner, CLOSED, type TestRunner } from "../../../support/queue/test-runner.ts";

const drain = { reason: "storage moves", by: "otto", since: 0, until: null };

type Given = { queue: QueueUnderTest; runner: TestRunner };
const cases: [string, string, (given: Given) => unknown][] = [
  ["AVAILABLE", "its machine takes jobs", () => {}],
  ["BUSY", "it is paused", ({ queue }) => queue.queue.pause({ reason: null, by: "otto" })],
  ["BUSY", "its machine is away", ({ queue, runner }) => queue.loseLine(runner.line)],
  ["BUSY", "its machine is closed", ({ runner }) => runner.report({ ...runner.capacity, ...CLOSED })],
  [
    "BUSY",
    "its machine is drained",
    ({ queue, runner }) => queue.queue.heed(runner.id, { word: 1, drained: drain, lost: null }),
  ],
  [
    "BUSY",
    "its machine is silent",
    async ({ queue, runner }) => {
      runner.fallSilent();
      await queue.pass(queue.times.leaseMs + 1);
    },
  ],
  ["AVAILABLE", "fewer than ten jobs wait", ({ queue }) => fill(queue, 4 + 8)],
  ["BUSY", "ten jobs wait", ({ queue }) => fill(queue, 4 + 10)],
];

function fill(queue: QueueUnderTest, jobs: number): void {
  queue.create(...Array.from({ length: jobs }, (_, index) => aJob({ id: `${index}` })));
}

test.each(cases)("a machine type is %s when %s", async (status, _, happen) => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  await happen({ queue, runner });

  expect(queueStatus(queue.queue.state)).toBe(status);
  expect(queue.queue.create([aJob({ id: "new" })], null)).toMatchObject({ queueStatus: status });
});

test("a second machine that takes jobs is enough", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await aRunner(queue, { id: "runner-2", instance: "2".repeat(16) });
  await bring(queue, runner, "running");

  await runner.report({ ...runner.capacity, ...CLOSED });

  expect(queueStatus(queue.queue.state)).toBe("AVAILABLE");
});
