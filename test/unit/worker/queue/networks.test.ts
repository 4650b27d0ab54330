/** Jobs with a network: who is offered them, and what is said of those that wait. */
import { expect, test } from "vitest";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, TestRunner } from "../../../support/queue/test-runner.ts";

const withNetwork = (network: "internet" | "site", id = "1") => aJob({ id, plan: { network } });
const jobsAt = (runner: TestRunner) => runner.offers().map(({ job }) => job);

async function aLinkedRunner(queue: QueueUnderTest, id: string, networks: string[]): Promise<TestRunner> {
  const runner = new TestRunner(queue, { id });
  // Room for one job.
  runner.capacity = aCapacity({ cpu: 1, change: { networks } });
  await runner.hello();
  return runner;
}

test("a job is offered to a machine that can give it its network, and to no other", async () => {
  const queue = openQueue();
  const none = await aRunner(queue, { id: "a-none" });
  const internet = await aLinkedRunner(queue, "b-internet", ["internet", "a kind that is not known yet"]);
  const both = await aLinkedRunner(queue, "c-both", ["internet", "site"]);

  queue.create(withNetwork("site", "1"));
  queue.create(withNetwork("internet", "2"));
  queue.create(aJob({ id: "3" }));

  expect([none, internet, both].map(jobsAt)).toEqual([["3"], ["2"], ["1"]]);
});

test("a job that no machine can give its network waits, its user is told why, and jobs without one pass it", async () => {
  const queue = openQueue();
  const none = await aRunner(queue, { id: "a-none" });
  queue.create(withNetwork("internet"));
  queue.create(aJob({ id: "2" }));
  expect(jobsAt(none)).toEqual(["2"]);
  expect(queue.queue.job("1")?.waitsFor).toBe("a machine with its network: no connected one can set its rules");

  const able = await aLinkedRunner(queue, "b-able", ["internet"]);
  expect(jobsAt(able)).toEqual(["1"]);
});

test("a machine type that got a network leaves jobs of its earlier days in a lane of their own", async () => {
  const queue = openQueue();
  queue.create(withNetwork("internet", "1"));
  queue.create(aJob({ id: "2" }));
  const none = await aRunner(queue, { id: "a-none" });
  expect(jobsAt(none)).toEqual(["2"]);
});
