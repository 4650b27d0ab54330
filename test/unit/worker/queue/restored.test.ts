/** A queue that was put back to an earlier moment: no second copy, no second end, and nothing told before it is compared. */
import { expect, test } from "vitest";
import { viewQueue } from "../../../../worker/queue/views.ts";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, TestRunner } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REASON = "the disk of the gateway was lost";

function putBack(queue: QueueUnderTest) {
  queue.restart({ keepsSockets: false });
  return queue.queue.restored({ reason: REASON, by: "olga" });
}

const resume = (queue: QueueUnderTest) => queue.queue.pause(null);

/** How UCloud shows job `id`, by what it was told after the moment of the copy; undefined: by what it is told here. */
function meanwhile(queue: QueueUnderTest, state: string | undefined, id = "1"): void {
  const job = queue.core.jobs.get(id);
  if (job === undefined) {
    throw new Error(`UCloud has no ${id}`);
  }
  const { createdAt, owner, product } = job;
  queue.core.jobs.set(id, { createdAt, owner, product, ...(state && { state, startedAt: queue.nowMs }) });
}

test("it is paused until an administrator resumes it, and shows so", async () => {
  const queue = openQueue();
  queue.create(aJob());
  const shown = putBack(queue);
  const runner = await aRunner(queue);
  await queue.pass(HOUR);

  expect(shown).toMatchObject({ paused: { reason: REASON, by: "olga" }, restoredSince: queue.nowMs - HOUR });
  expect(runner.offers()).toEqual([]);
  expect(viewQueue(queue.queue.state).restoredSince).toBeNull();
  resume(queue);
  expect(runner.offers()).toHaveLength(1);
});

test("resumed too early it still offers nothing before it is compared", async () => {
  const queue = openQueue();
  queue.create(aJob());
  putBack(queue);
  queue.core.trouble = { kind: "unavailable", status: 503 };
  resume(queue);
  const runner = await aRunner(queue);
  await queue.pass(HOUR);
  expect(runner.offers()).toEqual([]);

  queue.core.trouble = null;
  await queue.pass(HOUR);
  expect(runner.offers()).not.toEqual([]);
});

test("what it has as waiting and UCloud has seen to end is over, is not started again, and nobody is told", async () => {
  const queue = openQueue();
  queue.create(aJob());
  meanwhile(queue, "SUCCESS");
  putBack(queue);
  const runner = await aRunner(queue);
  await queue.pass(MINUTE);
  resume(queue);
  await queue.pass(HOUR);

  expect(runner.offers()).toEqual([]);
  expect(queue.core.told("1")).toEqual([]);
  expect(queue.row("1")).toMatchObject({ place: { state: "done", outcome: "SUCCESS" }, telling: { told: "SUCCESS" } });
});

test("what it has as running and has ended well since keeps that end, although its machine knows it no more", async () => {
  const queue = openQueue();
  const before = await aRunner(queue);
  await bring(queue, before, "running");
  await queue.pass(MINUTE);
  meanwhile(queue, "SUCCESS");
  putBack(queue);
  // Before anything could be compared.
  await new TestRunner(queue).hello();
  await queue.pass(HOUR);

  expect(queue.core.states("1")).toEqual(["RUNNING"]);
  expect(queue.row("1").place).toMatchObject({ state: "done", outcome: "SUCCESS" });
});

test("its use is not told again when it has ended since", async () => {
  const queue = openQueue();
  queue.accounting.mode = "usage";
  const before = await aRunner(queue);
  await bring(queue, before, "running");
  await queue.pass(MINUTE);
  meanwhile(queue, "SUCCESS");
  const booked = new Map(queue.accounting.booked);
  putBack(queue);
  queue.core.trouble = { kind: "unavailable", status: 503 };
  await queue.pass(HOUR);
  queue.core.trouble = null;
  await queue.pass(HOUR);

  expect(queue.accounting.booked).toEqual(booked);
});

test.each(["queued", "offered"] as const)(
  "what it has as %s and UCloud has seen running is given to no other machine, and goes on where it runs",
  async (stage) => {
    const queue = openQueue();
    if (stage === "queued") {
      queue.create(aJob());
    } else {
      await bring(queue, await aRunner(queue, { id: "first" }), "offered");
    }
    meanwhile(queue, "RUNNING");
    putBack(queue);
    const other = await aRunner(queue, { id: "other" });
    await queue.pass(MINUTE);
    resume(queue);
    await queue.pass(MINUTE);
    expect(other.offers()).toEqual([]);

    const { incarnation, attempt } = queue.row("1");
    const ref = { job: "1", incarnation, attempt: Math.max(1, attempt), rank: 0 };
    const back = new TestRunner(queue, { id: "back" });
    await back.hello({ inventory: [{ ref, phase: "running" }] });
    expect(back.verdictOn(ref)).toBe("keep");
    expect(viewQueue(queue.queue.state).paused).toBeNull();
    await back.fact(ref, anExit());
    await queue.pass(MINUTE);

    expect(back.lastAnswer()).toBe("ack exited");
    expect(queue.core.states("1")).toEqual(["SUCCESS"]);
  },
);

test("a machine that never comes back with it is given up as one that is silent", async () => {
  const queue = openQueue();
  queue.create(aJob({ plan: { wallMs: HOUR } }));
  meanwhile(queue, "RUNNING");
  putBack(queue);
  await queue.pass(24 * HOUR);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
  meanwhile(queue, undefined);
  await queue.pass(2 * HOUR);

  expect(queue.core.states("1")).toEqual(["FAILURE"]);
  expect(queue.queue.state.runners.all()).toEqual([]);
});

test("what it has as told and UCloud has not, because that was put back too, is told again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(MINUTE);
  meanwhile(queue, "IN_QUEUE");
  putBack(queue);
  await runner.reconnect([{ ref, phase: "running" }]);
  await queue.pass(MINUTE);

  expect(queue.core.states("1")).toEqual(["RUNNING", "RUNNING"]);
});

test("an id that UCloud has given to another job since is let go without a word", async () => {
  const queue = openQueue();
  queue.create(aJob());
  putBack(queue);
  queue.beKnown(aJob({ createdAt: 1_600_000_000_005 }));
  await queue.pass(HOUR);

  expect(queue.row("1").place.state).toBe("done");
  expect(queue.core.told("1")).toEqual([]);
});

test("a create of meanwhile is compared by nobody before its answer was stored", async () => {
  const queue = openQueue();
  putBack(queue);
  queue.nowMs += 1;
  queue.createUnanswered(aJob());
  await queue.pass(1_000);

  expect(queue.core.calls).toEqual([]);
});

test("jobs that UCloud does not know are ended by nothing for an hour, then under the brake", async () => {
  const queue = openQueue();
  const before = await aRunner(queue, { cpu: 16 });
  const refs = [];
  for (let index = 0; index < 6; index++) {
    refs.push(await bring(queue, before, "running", aJob({ id: `j${index}`, plan: { wallMs: 100 * HOUR } })));
  }
  await queue.pass(MINUTE);
  putBack(queue);
  queue.core.jobs.clear();
  const runner = new TestRunner(queue);
  await runner.hello({ inventory: refs.map((ref) => ({ ref, phase: "running" as const })) });
  await queue.pass(50 * MINUTE);
  expect(runner.line.heard("forget")).toEqual([]);

  await queue.pass(2 * HOUR);
  expect(runner.line.heard("forget")).toHaveLength(3);
});

test.each(["queued", "claimed by another"])(
  "a machine that runs what the row has as %s proves that the queue was put back, without anybody's word",
  async (stage) => {
    const queue = openQueue();
    if (stage === "queued") {
      queue.create(aJob());
    } else {
      await bring(queue, await aRunner(queue, { id: "other" }), "claimed");
    }
    queue.create(aJob({ id: "2" }));
    const { incarnation, attempt } = queue.row("1");
    const ref = { job: "1", incarnation, attempt: attempt + 1, rank: 0 };
    const runner = new TestRunner(queue, { id: "proof" });
    await runner.hello({ inventory: [{ ref, phase: "running" }] });
    await queue.pass(HOUR);

    expect(runner.verdictOn(ref)).toBe("keep");
    expect(runner.offers()).toEqual([]);
    expect(viewQueue(queue.queue.state).paused?.by).toBe("proof");
    await advance(runner, ref, "running", "done");
    await queue.pass(MINUTE);
    expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  },
);

test("the comparison goes on where it stood when the queue leaves memory", async () => {
  const queue = openQueue();
  queue.create(...["1", "2", "3"].map((id) => aJob({ id })));
  putBack(queue);
  queue.core.badRetrieves.set("2", { kind: "unavailable", status: 503 });
  await queue.pass(1_000);
  queue.core.calls.length = 0;
  queue.core.badRetrieves.clear();
  queue.restart({ keepsSockets: false });
  await queue.pass(HOUR);

  expect(queue.core.called("retrieve")).toEqual([["2"], ["3"]]);
});
