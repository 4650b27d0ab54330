/** Started jobs that a runner brings to a queue that does not know them: empty, moved, or put back. */
import { expect, test } from "vitest";
import type { Ref } from "../../../../shared/ids.ts";
import { viewUndelivered } from "../../../../worker/queue/views.ts";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob, GIBIBYTE } from "../../../support/queue/new-job.ts";
import { CATEGORY, openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, STARTED, TestRunner } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REF: Ref = { job: "1", incarnation: "f".repeat(16), attempt: 3, rank: 0 };

const held = (queue: QueueUnderTest) => viewUndelivered(queue.queue.state, 100);

/** UCloud has job 1 in `state`; the queue has nothing. */
function anEmptyQueue(state: string, category = CATEGORY): QueueUnderTest {
  const queue = openQueue();
  const { createdAt, owner, productId } = aJob();
  const startedAt = queue.nowMs - HOUR;
  queue.core.jobs.set("1", {
    createdAt,
    owner,
    product: { id: productId, category },
    state,
    startedAt,
    wallMs: 2 * HOUR,
  });
  queue.products.set("small", {
    ...{ resources: { cpu: 2, memoryBytes: GIBIBYTE, gpu: 0 }, gpuKind: null, wallMs: HOUR, maxSilenceMs: null },
    output: "edge",
    site: { maxQueueMs: HOUR, fundsGraceMs: HOUR, units: 2 },
  });
  return queue;
}

async function comes(queue: QueueUnderTest, phase: "granted" | "running" | "ended", ref = REF): Promise<TestRunner> {
  const runner = new TestRunner(queue);
  await runner.hello({ inventory: [{ ref, phase }] });
  return runner;
}

test("a job that UCloud has open is taken up: kept, then named again, then told to its end", async () => {
  const queue = anEmptyQueue("RUNNING");
  const runner = await comes(queue, "running");
  expect(runner.verdictOn(REF)).toBe("keep");

  await queue.pass(1_000);
  expect(runner.line.closed?.code).toBe(1000);
  expect(await runner.reconnect([{ ref: REF, phase: "running" }])).toEqual([
    { ref: REF, verdict: "keep", wallMs: 2 * HOUR },
  ]);
  await runner.fact(REF, anExit());
  await queue.pass(1_000);

  expect(runner.lastAnswer()).toBe("ack exited");
  expect(queue.core.states("1")).toEqual(["SUCCESS"]);
  expect(queue.row("1")).toMatchObject({ incarnation: REF.incarnation, attempt: 3, productId: "small" });
  expect(queue.row("1").terms.resources.cpu).toBe(2);
});

test("its use is counted from the start that UCloud knows", async () => {
  const queue = anEmptyQueue("RUNNING");
  queue.accounting.mode = "usage";
  const runner = await comes(queue, "running");
  await queue.pass(1_000);
  await runner.reconnect([{ ref: REF, phase: "running" }]);

  await queue.pass(10 * MINUTE);

  expect(queue.accounting.booked.get("job-1")).toBeGreaterThanOrEqual(2 * 70);
});

test("a job of which UCloud never heard that it runs is told RUNNING first", async () => {
  const queue = anEmptyQueue("IN_QUEUE");
  const runner = await comes(queue, "ended");
  await queue.pass(1_000);

  expect(await runner.reconnect([{ ref: REF, phase: "ended" }])).toEqual([{ ref: REF, verdict: "resend" }]);
  await runner.fact(REF, anExit());
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("facts that come before UCloud has answered are neither taken nor settled", async () => {
  const queue = anEmptyQueue("RUNNING");
  const runner = await comes(queue, "running");

  await runner.fact(REF, STARTED);
  await runner.fact(REF, anExit());

  expect(runner.line.heard("ack")).toEqual([]);
  expect(runner.line.heard("forget")).toEqual([]);
});

test.each([
  ["unknown to UCloud", (queue: QueueUnderTest) => queue.core.jobs.clear()],
  ["final at UCloud", (queue: QueueUnderTest) => setState(queue, "SUCCESS")],
])("a job that is %s is held and shown, not ended, until an administrator says so", async (_name, arrange) => {
  const queue = anEmptyQueue("RUNNING");
  arrange(queue);
  const runner = await comes(queue, "running");
  await queue.pass(3 * HOUR);

  expect(runner.line.heard("forget")).toEqual([]);
  expect(await runner.reconnect([{ ref: REF, phase: "running" }])).toMatchObject([{ verdict: "keep" }]);
  expect(held(queue)).toMatchObject([{ id: "1", state: "held: adopt" }]);
  queue.queue.reconcileNow();
  await queue.pass(1_000);

  expect(runner.line.heard("forget")).toEqual([{ type: "forget", ref: REF }]);
  expect(held(queue)).toEqual([]);
  expect(queue.core.told("1")).toEqual([]);
});

test("a job of another category is not adopted", async () => {
  const queue = anEmptyQueue("RUNNING", "else");
  await comes(queue, "running");
  await queue.pass(MINUTE);

  expect(queue.queue.job("1")).toBeNull();
  expect(held(queue)).toMatchObject([{ id: "1", state: "held: adopt" }]);
});

test("while UCloud does not answer the job is kept and asked about again, also by an object that was taken from memory", async () => {
  const queue = anEmptyQueue("RUNNING");
  queue.core.trouble = { kind: "unavailable", status: 503 };
  const runner = await comes(queue, "running");
  await queue.pass(30 * MINUTE);
  queue.restart({ keepsSockets: true });
  queue.core.trouble = null;

  await queue.pass(10 * MINUTE);

  expect(runner.line.heard("forget")).toEqual([]);
  expect(queue.row("1").place).toMatchObject({ state: "running", runner: runner.id });
});

test("what a runner does not name any more is no concern", async () => {
  const queue = anEmptyQueue("RUNNING");
  queue.core.jobs.clear();
  const runner = await comes(queue, "running");
  await queue.pass(MINUTE);

  await runner.reconnect([]);

  expect(held(queue)).toEqual([]);
});

test("a cancel that comes before the adoption stops the job", async () => {
  const queue = anEmptyQueue("RUNNING");
  const runner = await comes(queue, "running");
  queue.terminate(aJob());
  await queue.pass(1_000);

  expect(await runner.reconnect([{ ref: REF, phase: "running" }])).toEqual([{ ref: REF, verdict: "forget" }]);
  expect(queue.core.states("1")).toEqual(["SUCCESS"]);
});

test("a later attempt than the row's is believed: the queue was put back", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "offered");
  const later = { ...ref, attempt: ref.attempt + 4 };

  expect(await runner.reconnect([{ ref: later, phase: "running" }])).toMatchObject([{ ref: later, verdict: "keep" }]);
  await advance(runner, later, "running", "done");
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("an adopting queue is a young one again: it ends nothing by itself for an hour", async () => {
  const queue = anEmptyQueue("RUNNING");
  await comes(queue, "running");

  expect(queue.queue.state.settings.get().bornAtMs).toBe(queue.nowMs);
});

function setState(queue: QueueUnderTest, state: string): void {
  const job = queue.core.jobs.get("1");
  if (job !== undefined) {
    queue.core.jobs.set("1", { ...job, state });
  }
}
