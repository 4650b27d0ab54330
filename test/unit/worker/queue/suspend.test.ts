/** Suspending a job and letting it go on: numbered orders kept in the row, and UCloud hears what the node says. */
import { describe, expect, test } from "vitest";
import type { Fact } from "../../../../shared/protocol.ts";
import { bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, anExit, aRunner, CLOSED, type TestRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JOB = aJob();

const suspend = ({ queue }: QueueUnderTest) => queue.suspend([identityOf(JOB)], true);
const resume = ({ queue }: QueueUnderTest) => queue.suspend([identityOf(JOB)], false);
const suspended = (n: number, agoMs = 0): Fact => ({ kind: "suspended", n, agoMs });
const resumed = (n: number, change: { agoMs?: number; byLimit?: boolean } = {}): Fact => ({
  ...{ kind: "resumed", n, agoMs: 0, byLimit: false },
  ...change,
});
const orders = (runner: TestRunner) =>
  runner.line.frames.flatMap((frame) =>
    frame.type === "suspend" || frame.type === "resume" ? [`${frame.type} ${frame.n}`] : [],
  );

/** Running, and UCloud knows it. */
async function aRunningJob() {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", JOB);
  await queue.pass(1_000);
  return { queue, runner, ref };
}

test("UCloud hears SUSPENDED and RUNNING again when the node says so, each guarded by what was told before", async () => {
  const { queue, runner, ref } = await aRunningJob();
  expect(suspend(queue)).toEqual({ kind: "done" });
  await queue.pass(10_000);
  expect(queue.core.states("1")).toEqual(["RUNNING"]);
  await runner.fact(ref, suspended(1));
  expect(runner.line.heard("ack").at(-1)).toEqual({ type: "ack", ref, kind: "suspended", n: 1 });
  await queue.pass(10_000);
  resume(queue);
  await queue.pass(10_000);
  await runner.fact(ref, resumed(2));
  await queue.pass(10_000);

  expect(orders(runner)).toEqual(["suspend 1", "resume 2"]);
  expect(queue.core.told("1").slice(1)).toEqual([
    {
      state: "SUSPENDED",
      status: "The job is suspended. It keeps its machine, and goes on by itself after 24 hours at the latest.",
      expectedState: "RUNNING",
    },
    { state: "RUNNING", status: "The job goes on.", expectedState: "SUSPENDED" },
  ]);
});

test("administrators see what it waits for", async () => {
  const { queue, runner, ref } = await aRunningJob();
  const seen = () => [queue.queue.job("1")?.state, queue.queue.job("1")?.waitsFor];
  suspend(queue);
  expect(seen()).toEqual(["running", "the runner to suspend it"]);
  await runner.fact(ref, suspended(1));
  expect(seen()).toEqual(["suspended", "its user, who has suspended it"]);
  resume(queue);
  expect(seen()).toEqual(["suspended", "the runner to let it go on"]);
  await runner.fact(ref, resumed(2));
  expect(seen()).toEqual(["running", "its own end"]);
});

test("a call that asks for what is so does nothing", async () => {
  const { queue, runner, ref } = await aRunningJob();
  expect(resume(queue)).toEqual({ kind: "done" });
  suspend(queue);
  await runner.fact(ref, suspended(1));
  expect(suspend(queue)).toEqual({ kind: "done" });
  expect(orders(runner)).toEqual(["suspend 1"]);
});

test("an order that was lost is repeated by the next welcome, also after the object left memory", async () => {
  const { queue, runner, ref } = await aRunningJob();
  queue.loseLine(runner.line);
  suspend(queue);
  queue.restart({ keepsSockets: false });
  const [verdict] = await runner.reconnect([{ ref, phase: "running" }]);
  expect(verdict).toMatchObject({ verdict: "keep", suspension: { n: 1, wanted: true } });
});

test("a pause that the node ends by itself is told with its reason, and may be asked for again", async () => {
  const { queue, runner, ref } = await aRunningJob();
  suspend(queue);
  await runner.fact(ref, suspended(1));
  await queue.pass(10_000);
  await runner.fact(ref, resumed(1, { byLimit: true }));
  await queue.pass(10_000);
  expect(queue.core.told("1").at(-1)).toEqual({
    state: "RUNNING",
    status: "The job was suspended for as long as its machine type allows and goes on.",
    expectedState: "SUSPENDED",
  });
  suspend(queue);
  expect(orders(runner)).toEqual(["suspend 1", "suspend 2"]);
});

test("facts that come again change nothing", async () => {
  const { queue, runner, ref } = await aRunningJob();
  suspend(queue);
  await runner.fact(ref, suspended(1));
  await queue.pass(5_000);
  resume(queue);
  await runner.fact(ref, resumed(2));
  const { suspension } = queue.row("1");
  await runner.fact(ref, suspended(1, 5_000));
  await runner.fact(ref, resumed(2));
  expect(queue.row("1").suspension).toEqual(suspension);
  await queue.pass(10_000);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUSPENDED", "RUNNING"]);
});

test("a job that is suspended before UCloud knows that it runs is told RUNNING first", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", JOB);
  suspend(queue);
  await runner.fact(ref, suspended(1));
  await queue.pass(10_000);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUSPENDED"]);
});

test("a suspended job that ends is told its end at once", async () => {
  const { queue, runner, ref } = await aRunningJob();
  suspend(queue);
  await runner.fact(ref, suspended(1));
  await queue.pass(10_000);
  queue.terminate(JOB);
  await runner.fact(ref, anExit({ cause: "cancelled" }));
  await queue.pass(10_000);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUSPENDED", "SUCCESS"]);
});

test("a pause on its way to UCloud keeps its order through an outage", async () => {
  const { queue, runner, ref } = await aRunningJob();
  queue.core.trouble = { kind: "unavailable", status: 502 };
  suspend(queue);
  await runner.fact(ref, suspended(1));
  await queue.pass(10_000);
  resume(queue);
  await runner.fact(ref, resumed(2));
  await queue.pass(10_000);
  queue.core.trouble = null;
  await queue.pass(queue.times.retryMaxMs);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUSPENDED", "RUNNING"]);
});

test("a queue that was put back to an earlier moment believes the node", async () => {
  const { queue, runner, ref } = await aRunningJob();
  await runner.fact(ref, suspended(3));
  await queue.pass(10_000);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUSPENDED"]);
  resume(queue);
  expect(orders(runner)).toEqual(["resume 4"]);
});

test("time in which it stood still does not count as used, and an extension is possible", async () => {
  const { queue, runner, ref } = await aRunningJob();
  suspend(queue);
  await runner.fact(ref, suspended(1));
  await queue.pass(2 * HOUR);
  const extension = { ...identityOf(JOB), allocatedMs: HOUR, requestedMs: HOUR };
  expect(queue.queue.extend([extension])).toEqual({ kind: "done" });
  resume(queue);
  await runner.fact(ref, resumed(2));
  await queue.pass(HOUR + HOUR / 2);
  expect(queue.queue.extend([{ ...extension, allocatedMs: 2 * HOUR }])).toEqual({ kind: "done" });
  await queue.pass(2 * HOUR);
  expect(queue.queue.extend([extension])).toMatchObject({ code: "used_up" });
});

test("a silent node's suspended job is given up only when its pause must have ended and its time as well", async () => {
  const { queue, runner, ref } = await aRunningJob();
  suspend(queue);
  await runner.fact(ref, suspended(1));
  runner.fallSilent();
  await queue.pass(2 * DAY + HOUR - 10_000);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
  await queue.pass(queue.times.leaseMs + 10_000);
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});

describe("refused, and nothing is done", () => {
  test.each<Stage>(["offered", "claimed", "starting"])("a job that is %s", async (stage) => {
    const queue = openQueue();
    await bring(queue, await aRunner(queue), stage, JOB);
    expect(suspend(queue)).toEqual({ kind: "refused", index: 0, code: "not_running" });
    expect(resume(queue)).toEqual({ kind: "refused", index: 0, code: "not_running" });
  });

  test("a job that waits, has ended, is being stopped, or is not known", async () => {
    const queue = openQueue();
    expect(suspend(queue)).toMatchObject({ code: "unknown" });
    queue.create(JOB);
    expect(suspend(queue)).toMatchObject({ code: "not_running" });
    const runner = await aRunner(queue);
    await runner.accept(runner.offered(), true);
    await runner.fact(runner.offered(), { kind: "started", agoMs: 0, imageDigest: null });
    expect(queue.queue.suspend([{ ...identityOf(JOB), createdAt: 1 }], true)).toMatchObject({ code: "unknown" });
    queue.terminate(JOB);
    expect(suspend(queue)).toMatchObject({ code: "ending" });
    await runner.fact(runner.offered(), anExit({ cause: "cancelled" }));
    expect(suspend(queue)).toMatchObject({ code: "ended" });
  });

  test("a job with GPUs", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await runner.report(aCapacity({ change: { total: { cpu: 4, memoryBytes: 2 ** 40, gpu: 1 } } }));
    const job = aJob({ plan: { resources: { cpu: 1, memoryBytes: 1, gpu: 1 } } });
    await bring(queue, runner, "running", job);
    expect(suspend(queue)).toMatchObject({ code: "has_gpus" });
    expect(orders(runner)).toEqual([]);
  });

  test("one of several: the others are left alone", async () => {
    const { queue, runner } = await aRunningJob();
    await runner.report(aCapacity({ change: CLOSED }));
    queue.create(aJob({ id: "2" }));
    const asked = [identityOf(JOB), identityOf(aJob({ id: "2" }))];
    expect(queue.queue.suspend(asked, true)).toEqual({ kind: "refused", index: 1, code: "not_running" });
    expect(queue.row("1").suspension).toBeUndefined();
  });
});
