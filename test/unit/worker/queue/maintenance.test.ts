/** A runner that is taken out of service at a moment: until then it is given what will be over by then. */
import { expect, test } from "vitest";
import { aDrain, aResume } from "../../../support/queue/decisions.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aRunner, type TestRunner } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const GRACE = 30_000;
/** Of the way to the machine and the start. */
const START = MINUTE;

const lasting = (wallMs: number, id = "1", workspace = "user:alice") =>
  aJob({ id, plan: { wallMs, stopGraceMs: GRACE, workspace } });

type Say = (queue: QueueUnderTest, runner: TestRunner, inMs: number) => Promise<void>;
const byTheSite: Say = async (queue, runner, inMs) =>
  void queue.queue.heed(runner.id, aDrain(queue, { from: queue.nowMs + inMs }));
const byItsOperator: Say = async (_, runner, inMs) =>
  runner.say({ type: "capacity", capacity: runner.capacity, usedElsewhere: runner.usedElsewhere, closesInMs: inMs });
const WORDS: [string, Say][] = [
  ["the site", byTheSite],
  ["its own operator", byItsOperator],
];

test.each(WORDS)("by %s: what would not be over waits, what will be over goes", async (_, say) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await say(queue, runner, 2 * HOUR);

  queue.create(lasting(2 * HOUR - GRACE - START + 1));
  expect(runner.offers()).toEqual([]);
  queue.create(lasting(2 * HOUR - GRACE - START, "2", "user:bob"));
  expect(runner.offered().job).toBe("2");
});

test.each(WORDS)("by %s: survives a restart of the queue and the runner's next line", async (_, say) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await say(queue, runner, HOUR);
  queue.restart({ keepsSockets: true });
  queue.create(lasting(HOUR));
  expect(runner.offers()).toEqual([]);
});

test("a job goes to a machine that stays, and is not kept waiting for one that closes", async () => {
  const queue = openQueue();
  const closing = await aRunner(queue);
  queue.queue.heed(closing.id, aDrain(queue, { from: queue.nowMs + HOUR }));
  const other = await aRunner(queue, { id: "runner-2", instance: "2".repeat(16) });
  queue.create(lasting(2 * HOUR));
  expect(other.offers()).toHaveLength(1);
});

test("it is told when, and from that moment on it takes nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.heed(runner.id, aDrain(queue, { from: queue.nowMs + HOUR, until: queue.nowMs + 3 * HOUR }));
  expect(runner.line.heard("drain")).toEqual([{ type: "drain", reason: "by the site: new disks", inMs: HOUR }]);
  await queue.pass(10 * MINUTE);
  await runner.reconnect();
  expect(runner.welcome().drained).toEqual({ reason: "by the site: new disks", inMs: 50 * MINUTE });

  await queue.pass(50 * MINUTE);
  await runner.reconnect();
  expect(runner.welcome().drained).toEqual({ reason: "by the site: new disks" });
  queue.create(lasting(MINUTE));
  expect(runner.offers()).toEqual([]);

  await queue.pass(2 * HOUR);
  await runner.reconnect();
  expect(runner.offers()).toHaveLength(1);
});

test("a moment that moves is told again, and resume ends it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.queue.heed(runner.id, aDrain(queue, { from: queue.nowMs + HOUR }));
  queue.queue.heed(runner.id, aDrain(queue, { from: queue.nowMs + 2 * HOUR }));
  expect(runner.line.heard("drain").map(({ inMs }) => inMs)).toEqual([HOUR, 2 * HOUR]);

  queue.create(lasting(5 * HOUR));
  queue.queue.heed(runner.id, aResume(queue));
  expect(runner.line.heard("undrain")).toHaveLength(1);
  expect(runner.offers()).toHaveLength(1);
});

test("who waits for it reads from when", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.nowMs = Date.UTC(2027, 0, 2, 3, 4);
  runner.speakAgain();
  queue.queue.heed(runner.id, aDrain(queue, { from: queue.nowMs + HOUR }));
  queue.create(lasting(2 * HOUR));
  await queue.pass(2 * MINUTE);

  const from = "drained from 2027-01-02 04:04 UTC";
  expect(queue.core.told("1").at(-1)?.status).toBe(
    `Waiting: the machines that could run this job are ${from}, before it would be over.`,
  );
  expect(queue.queue.job("1")?.waitsFor).toBe(`a machine on which it is over in time: all are ${from}`);
});

test.each([
  ["into it", HOUR, "machine_closes"],
  ["before it", 30 * MINUTE, null],
])("a job that runs there is extended: %s", async (_, requestedMs, code) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const job = lasting(HOUR);
  await bring(queue, runner, "running", job);
  const from = queue.nowMs + 2 * HOUR;
  queue.queue.heed(runner.id, aDrain(queue, { from }));

  const answer = queue.queue.extend([{ ...identityOf(job), allocatedMs: HOUR, requestedMs }]);

  expect(answer).toEqual(code === null ? { kind: "done" } : { kind: "refused", index: 0, code, atMs: from });
});

test("a call that was carried out before the plan is answered alike when it is repeated", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const job = lasting(HOUR);
  await bring(queue, runner, "running", job);
  const again = [{ ...identityOf(job), allocatedMs: HOUR, requestedMs: HOUR }];
  expect(queue.queue.extend(again)).toEqual({ kind: "done" });
  queue.queue.heed(runner.id, aDrain(queue, { from: queue.nowMs + HOUR }));
  expect(queue.queue.extend(again)).toEqual({ kind: "done" });
});
