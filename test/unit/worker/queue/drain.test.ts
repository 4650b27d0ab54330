/** A runner that takes no new jobs by an administrator's word, as the Registry tells the queue. */
import { expect, test } from "vitest";
import { aDrain, aLoss, aResume } from "../../../support/queue/decisions.ts";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;

test("a drained runner gets no offers, what it runs goes on, and others take the rest", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");

  queue.queue.heed(runner.id, aDrain(queue));
  queue.create(aJob({ id: "2" }));
  await queue.pass(HOUR);

  expect(runner.offers()).toEqual([ref]);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
  const other = await aRunner(queue, { id: "runner-2" });
  expect(other.offered().job).toBe("2");
});

test("what it was preparing is started", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");

  queue.queue.heed(runner.id, aDrain(queue));
  await advance(runner, ref, "claimed", "done");

  expect(queue.stateOf(queue.row("1"))).toBe("SUCCESS");
});

test("it is told with the reason, once for each change, and again by each welcome", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  expect(runner.welcome().drained).toBeUndefined();
  const drain = aDrain(queue);

  queue.queue.heed(runner.id, drain);
  queue.queue.heed(runner.id, drain);

  expect(runner.line.heard("drain")).toEqual([{ type: "drain", reason: "by the site: new disks" }]);
  await runner.reconnect();
  expect(runner.welcome().drained).toEqual({ reason: "by the site: new disks" });
  queue.queue.heed(runner.id, aResume(queue));
  expect(runner.line.heard("undrain")).toHaveLength(1);
  await runner.reconnect();
  expect(runner.welcome().drained).toBeUndefined();
});

test.each([true, false])("it survives a restart of the queue, with its sockets: %j", async (keepsSockets) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.heed(runner.id, aDrain(queue));

  queue.restart({ keepsSockets });
  await runner.reconnect();
  queue.create(aJob());

  expect(runner.offers()).toEqual([]);
});

test("a runner that was never here is drained before its first hello", async () => {
  const queue = openQueue();
  queue.queue.heed("runner-1", aDrain(queue));
  queue.create(aJob());

  const runner = await aRunner(queue);

  expect(runner.welcome().drained).toBeDefined();
  expect(runner.offers()).toEqual([]);
});

test("resume ends it at once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.heed(runner.id, aDrain(queue));
  queue.create(aJob());

  queue.queue.heed(runner.id, aResume(queue));

  expect(runner.offers()).toHaveLength(1);
});

test("a drain with an end is over by itself at that moment, although nobody wakes the queue", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.heed(runner.id, aDrain(queue, { until: queue.nowMs + HOUR }));
  queue.create(aJob());
  queue.restart({ keepsSockets: true });

  await queue.pass(HOUR - 1);
  expect(runner.offers()).toEqual([]);
  await queue.pass(1);

  expect(runner.line.heard("undrain")).toHaveLength(1);
  expect(runner.offers()).toHaveLength(1);
});

test("of two drains with an end the later one does not hold back the earlier one", async () => {
  const queue = openQueue();
  const [first, second] = [await aRunner(queue), await aRunner(queue, { id: "runner-2" })];
  queue.queue.heed(second.id, aDrain(queue, { until: queue.nowMs + 2 * HOUR }));
  queue.queue.heed(first.id, aDrain(queue, { until: queue.nowMs + HOUR }));

  await queue.pass(HOUR);
  expect([first, second].map(({ line }) => line.heard("undrain").length)).toEqual([1, 0]);
  await queue.pass(HOUR);
  expect([first, second].map(({ line }) => line.heard("undrain").length)).toEqual([1, 1]);
});

test("an end that is over when the word arrives drains nobody", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  queue.queue.heed(runner.id, aDrain(queue, { until: queue.nowMs }));
  queue.create(aJob());

  expect(runner.line.heard("drain")).toEqual([]);
  expect(runner.offers()).toHaveLength(1);
});

test("a word that was overtaken by a later one changes nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const [drain, loss, resume] = [aDrain(queue), aLoss(queue), aResume(queue)];
  const ref = await bring(queue, runner, "running");

  queue.queue.heed(runner.id, resume);
  queue.queue.heed(runner.id, drain);
  queue.queue.heed(runner.id, loss);
  queue.create(aJob({ id: "2" }));

  expect(queue.stateOf(queue.row("1"))).toBe("running");
  expect(runner.offers()).toHaveLength(2);
  expect(runner.offers()[0]).toEqual(ref);
});

test("a resume does not open a node that its own operator drains", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.heed(runner.id, aDrain(queue));
  await runner.report(aCapacity({ change: { closed: { code: "drain", text: "Draining: by its operator" } } }));

  queue.queue.heed(runner.id, aResume(queue));
  queue.create(aJob());

  expect(runner.offers()).toEqual([]);
});

test("who waits for it reads until when", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.nowMs = Date.UTC(2027, 0, 2, 3, 4);
  runner.line.silentSinceMs = null;
  queue.queue.heed(runner.id, aDrain(queue, { until: queue.nowMs + HOUR }));
  queue.create(aJob());

  await queue.pass(120_000);

  const until = "until 2027-01-02 04:04 UTC";
  expect(queue.core.told("1").at(-1)?.status).toBe(
    `Waiting: the machines that could run this job are being drained and take no new jobs ${until}.`,
  );
  expect(queue.queue.job("1")?.waitsFor).toBe(`its machines to take jobs again: all are drained ${until}`);
});
