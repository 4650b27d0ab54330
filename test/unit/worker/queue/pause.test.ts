/** A queue that an administrator has paused: jobs are taken and wait, what has begun goes on. */
import { expect, test } from "vitest";
import { viewQueue } from "../../../../worker/queue/views.ts";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

const pause = (queue: QueueUnderTest, reason: string | null = "storage moves") =>
  queue.queue.pause({ reason, by: "otto" });
const resume = (queue: QueueUnderTest) => queue.queue.pause(null);

test("nothing new is offered, creates are taken and wait, and by resume all are offered", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  pause(queue);

  queue.create(aJob({ id: "1" }), aJob({ id: "2" }));
  await queue.pass(3_600_000);
  expect(runner.offers()).toEqual([]);
  resume(queue);

  expect(runner.offers().map(({ job }) => job)).toEqual(["1", "2"]);
});

test("what was offered before is started, and what runs comes to its end and is told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const running = await bring(queue, runner, "running");
  const offered = await bring(queue, runner, "offered", aJob({ id: "2" }));

  pause(queue);
  await advance(runner, running, "running", "done");
  await advance(runner, offered, "offered", "done");
  await queue.pass(10_000);

  expect(["1", "2"].map((id) => queue.core.states(id).at(-1))).toEqual(["SUCCESS", "SUCCESS"]);
});

test("a start that failed goes back to the queue and stays there", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  pause(queue);

  await runner.refuse(ref, { code: "podman_failed" });
  await queue.pass(3_600_000);

  expect(runner.offers()).toEqual([ref]);
  expect(queue.stateOf(queue.row("1"))).toBe("queued");
});

test("it survives that the queue leaves memory", async () => {
  const queue = openQueue();
  pause(queue);
  queue.restart({ keepsSockets: false });
  const runner = await aRunner(queue);

  queue.create(aJob());

  expect(runner.offers()).toEqual([]);
  expect(viewQueue(queue.queue.state).paused).toMatchObject({ reason: "storage moves", by: "otto" });
});

test("a runner that connects anew gets nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  pause(queue);
  queue.create(aJob());

  await runner.reconnect();
  await runner.report();

  expect(runner.offers()).toEqual([]);
});

test("users and administrators read that it is paused, whatever machines there are", async () => {
  const queue = openQueue();
  await aRunner(queue);
  pause(queue);
  queue.create(aJob());

  await queue.pass(120_000);

  const status = "Waiting: the provider is paused and starts no new jobs at the moment.";
  expect(queue.core.told("1")).toEqual([{ status, expectedState: "IN_QUEUE" }]);
  expect(queue.queue.job("1")?.waitsFor).toBe("its queue to be resumed: it is paused");
});

test("to pause twice keeps since when, and the newer reason holds", async () => {
  const queue = openQueue();
  const since = queue.nowMs;
  pause(queue);
  await queue.pass(60_000);

  expect(pause(queue, null).paused).toEqual({ reason: null, by: "otto", since });
  expect(resume(queue).paused).toBeNull();
  expect(resume(queue).paused).toBeNull();
});

test("an idle paused queue sets no alarm for what it may not offer", async () => {
  const queue = openQueue();
  pause(queue);
  expect(queue.alarmMs).toBeNull();
});
