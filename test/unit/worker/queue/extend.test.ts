/** More running time: absolute underneath, kept in the row, told to UCloud when the node counts with it. */
import { expect, test } from "vitest";
import type { Extension } from "../../../../worker/queue/api.ts";
import { advance, bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, anExit, aRunner, CLOSED, STARTED } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const JOB = aJob({ maxWallMs: 4 * HOUR });

/** An hour more for a job that UCloud gave an hour. */
function extension(change: Partial<Extension> = {}): Extension {
  return { ...identityOf(JOB), allocatedMs: HOUR, requestedMs: HOUR, ...change };
}

const extend = ({ queue }: QueueUnderTest, ...asked: Extension[]) => queue.extend(asked);
const allocations = (queue: QueueUnderTest) =>
  queue.core.told("1").flatMap(({ newTimeAllocation }) => newTimeAllocation ?? []);
const FIRST_TOLD = 5_000;

test("a job that waits is offered with its whole time, and UCloud hears of it at once", async () => {
  const queue = openQueue();
  queue.create(JOB);
  expect(extend(queue, extension())).toEqual({ kind: "done" });
  await queue.pass(FIRST_TOLD);
  expect(queue.core.taken).toEqual([
    {
      id: "1",
      update: {
        status: "The job's time was extended: it may run for 2 hours in all.",
        newTimeAllocation: 2 * HOUR,
        expectedState: "IN_QUEUE",
      },
    },
  ]);
  const runner = await aRunner(queue);
  expect(runner.line.heard("offer").map(({ plan }) => plan.wallMs)).toEqual([2 * HOUR]);
  expect(runner.line.heard("extend")).toEqual([]);
});

test.each<Stage>(["offered", "claimed", "starting", "running"])(
  "of a job that is %s its node is told, and UCloud when the node has heeded it",
  async (stage) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, stage, JOB);
    extend(queue, extension());
    await queue.pass(FIRST_TOLD);
    expect(runner.line.heard("extend")).toEqual([{ type: "extend", ref, wallMs: 2 * HOUR }]);
    expect(allocations(queue)).toEqual([]);

    await runner.fact(ref, { kind: "extended", wallMs: 2 * HOUR });
    expect(runner.line.heard("ack").at(-1)).toEqual({ type: "ack", ref, kind: "extended", wallMs: 2 * HOUR });
    await queue.pass(FIRST_TOLD);
    expect(allocations(queue)).toEqual([2 * HOUR]);
  },
);

test("the same call twice extends once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", JOB);
  extend(queue, extension());
  await runner.fact(ref, { kind: "extended", wallMs: 2 * HOUR });
  extend(queue, extension());
  extend(queue, extension({ requestedMs: MINUTE }));
  await queue.pass(FIRST_TOLD);
  expect(queue.row("1").terms.wallMs).toBe(2 * HOUR);
  expect(runner.line.heard("extend")).toHaveLength(1);
  expect(allocations(queue)).toEqual([2 * HOUR]);
});

test("a call that is repeated before the node has answered asks it again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running", JOB);
  extend(queue, extension());
  extend(queue, extension());
  expect(runner.line.heard("extend").map(({ wallMs }) => wallMs)).toEqual([2 * HOUR, 2 * HOUR]);
});

test("the same job twice in a call gets the longer of the two", async () => {
  const queue = openQueue();
  queue.create(JOB);
  extend(queue, extension({ requestedMs: 2 * HOUR }), extension());
  expect(queue.row("1").terms.wallMs).toBe(3 * HOUR);
});

test("a job without a time of its own is extended from the time it was created with, once for each call", async () => {
  const queue = openQueue();
  queue.create(JOB);
  extend(queue, extension({ allocatedMs: null }));
  extend(queue, extension({ allocatedMs: null }));
  expect(queue.row("1").terms.wallMs).toBe(2 * HOUR);
});

test("UCloud is told whole minutes, rounded up", async () => {
  const queue = openQueue();
  queue.create(JOB);
  extend(queue, extension({ requestedMs: 1_000 }));
  await queue.pass(FIRST_TOLD);
  expect(queue.row("1").terms.wallMs).toBe(HOUR + 1_000);
  expect(allocations(queue)).toEqual([HOUR + MINUTE]);
});

test("a frame that was lost is repeated by the next welcome, also after the object left memory", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", JOB);
  queue.loseLine(runner.line);
  extend(queue, extension());
  queue.restart({ keepsSockets: false });
  const [verdict] = await runner.reconnect([{ ref, phase: "running" }]);
  expect(verdict).toEqual({ ref, verdict: "keep", wallMs: 2 * HOUR });
});

test("a node whose answer was lost is asked again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", JOB);
  extend(queue, extension());
  await runner.reconnect([{ ref, phase: "running" }]);
  expect(runner.line.heard("extend")).toEqual([{ type: "extend", ref, wallMs: 2 * HOUR }]);
  await runner.fact(ref, { kind: "extended", wallMs: 2 * HOUR });
  await runner.reconnect([{ ref, phase: "running" }]);
  expect(runner.line.heard("extend")).toEqual([]);
});

test("a job that came back to the queue keeps its time, and UCloud hears of it then", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed", JOB);
  extend(queue, extension());
  await runner.report(aCapacity({ change: CLOSED }));
  await runner.refuse(ref, { code: "no_room" });
  await queue.pass(FIRST_TOLD);
  expect(allocations(queue)).toEqual([2 * HOUR]);
  await runner.report(aCapacity());
  expect(runner.line.heard("offer").at(-1)?.plan.wallMs).toBe(2 * HOUR);
});

test("RUNNING goes first, then the time, and both in their order through an outage", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.core.trouble = { kind: "unavailable", status: 502 };
  const ref = await bring(queue, runner, "running", JOB);
  extend(queue, extension());
  await runner.fact(ref, { kind: "extended", wallMs: 2 * HOUR });
  await queue.pass(30_000);
  queue.core.trouble = null;
  await queue.pass(queue.times.retryMaxMs);
  expect(
    queue.core
      .told("1")
      .map(({ state, newTimeAllocation, expectedState }) => [state, newTimeAllocation, expectedState]),
  ).toEqual([
    ["RUNNING", undefined, "IN_QUEUE"],
    [undefined, 2 * HOUR, "RUNNING"],
  ]);
});

test("an end does not wait for it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", JOB);
  await queue.pass(FIRST_TOLD);
  queue.core.trouble = { kind: "unavailable", status: 502 };
  extend(queue, extension());
  await runner.fact(ref, { kind: "extended", wallMs: 2 * HOUR });
  await queue.pass(5_000);
  await runner.fact(ref, anExit());
  queue.core.trouble = null;
  await queue.pass(queue.times.retryMaxMs);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  expect(allocations(queue)).toEqual([]);
});

test("a time that UCloud refuses for good holds back nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", JOB);
  await queue.pass(FIRST_TOLD);
  queue.core.badItems.set("1", { kind: "rejected", status: 400 });
  extend(queue, extension());
  await runner.fact(ref, { kind: "extended", wallMs: 2 * HOUR });
  await queue.pass(60_000);
  queue.core.badItems.clear();
  await runner.fact(ref, anExit());
  await queue.pass(60_000);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  expect(queue.core.called("update").length).toBeLessThan(6);
});

test("a second extension while the first is on its way is told after it", async () => {
  const queue = openQueue();
  queue.create(JOB);
  extend(queue, extension());
  queue.core.meanwhile = () => void extend(queue, extension({ allocatedMs: 2 * HOUR }));
  await queue.pass(FIRST_TOLD);
  expect(allocations(queue)).toEqual([2 * HOUR, 3 * HOUR]);
});

test("a queue that was put back to an earlier moment believes the node", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", JOB);
  await runner.fact(ref, { kind: "extended", wallMs: 3 * HOUR });
  await queue.pass(FIRST_TOLD);
  expect(queue.row("1").terms.wallMs).toBe(3 * HOUR);
  expect(allocations(queue)).toEqual([3 * HOUR]);
});

test("a silent node's job is given up a day after its whole time", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running", JOB);
  extend(queue, extension());
  runner.fallSilent();
  await queue.pass(26 * HOUR - 1);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
  await queue.pass(queue.times.leaseMs);
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});

test("a job created by an older gateway has no bound but the caller's", async () => {
  const queue = openQueue();
  queue.create(aJob());
  expect(extend(queue, extension({ requestedMs: 100 * HOUR }))).toEqual({ kind: "done" });
});

test("the start of an extended job is told in the usual words", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed", JOB);
  extend(queue, extension());
  await advance(runner, ref, "claimed", "starting");
  await runner.fact(ref, STARTED);
  await queue.pass(FIRST_TOLD);
  expect(queue.core.told("1").at(0)?.status).toBe("The job is now running!");
});
