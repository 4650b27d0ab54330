/** What a list of many jobs costs. */
import { expect, test, vi } from "vitest";
import { viewJobs } from "../../../../worker/queue/views.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

const IDS = Array.from({ length: 200 }, (_, index) => `a${index}`);

test("a page of jobs that all wait for a runner reads the runners once", async () => {
  const queue = openQueue();
  await aRunner(queue, { cpu: 1 });
  queue.create(...IDS.map((id) => aJob({ id, cpu: 2 })));
  const read = vi.spyOn(queue.queue.state.runners, "all");

  const { items } = viewJobs(queue.queue.state, null, 1_000);

  const waitsFor = "a bigger machine: no connected one is big enough";
  expect(items.filter((job) => job.waitsFor === waitsFor)).toHaveLength(IDS.length);
  expect(read).toHaveBeenCalledTimes(1);
});

test("a page of jobs of which none waits for a runner reads none", async () => {
  const queue = openQueue();
  await aRunner(queue, { cpu: 4 });
  queue.create(aJob());
  const read = vi.spyOn(queue.queue.state.runners, "all");

  expect(viewJobs(queue.queue.state, null, 1_000).items).toMatchObject([{ state: "offered" }]);
  expect(read).not.toHaveBeenCalled();
});
