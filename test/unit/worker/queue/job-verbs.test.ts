/** What an administrator does with one job: fails it, has its end told again, lets its end be. */
import { expect, test } from "vitest";
import { advance, bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const REASON = "it eats\0 the disk";
const END = { state: "SUCCESS", status: "The job has finished processing!", expectedDifferentState: true };
const FAILED = {
  state: "FAILURE",
  status: "The job was ended by the site: it eats the disk",
  expectedDifferentState: true,
};

const fail = (queue: QueueUnderTest, id = "1") => queue.queue.decide(id, "fail", REASON);
const resend = (queue: QueueUnderTest, id = "1") => queue.queue.decide(id, "resend", "UCloud was put back");
const discard = (queue: QueueUnderTest, id = "1") => queue.queue.decide(id, "discard", "UCloud refuses it");

/** UCloud was put back to a moment before it was told anything. */
function beSetBack(queue: QueueUnderTest): void {
  queue.core.taken.splice(0);
}

/** A job that ran and ended, and whose end UCloud refuses for good. */
async function anUndeliverable(queue: QueueUnderTest): Promise<void> {
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(1_000);
  queue.core.badItems.set("1", { kind: "rejected", status: 400 });
  await runner.fact(ref, anExit());
  await queue.pass(60_000);
}

test("a job that waits is over at once, and its user reads why", async () => {
  const queue = openQueue();
  queue.create(aJob());

  expect(fail(queue)).toMatchObject({ kind: "changed", job: { id: "1", state: "FAILURE" } });
  await queue.pass(1_000);

  expect(queue.core.told("1")).toEqual([FAILED]);
});

const HELD: [Stage, string][] = [
  ["offered", "forget"],
  ["claimed", "forget"],
  ["starting", "cancel"],
  ["running", "cancel"],
];

test.each(HELD)("a job in `%s` has failed, and its runner hears `%s`", async (stage, word) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, stage);

  fail(queue);

  expect(runner.line.frames.at(-1)).toEqual({ type: word, ref });
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
  expect(runner.offers()).toEqual([ref]);
});

test("the runner is told to stop until it has answered, and its answer changes nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.loseLine(runner.line);
  fail(queue);
  await queue.pass(1_000);

  await runner.reconnect([{ ref, phase: "running" }]);
  expect(runner.verdictOn(ref)).toBe("cancel");
  await runner.fact(ref, anExit({ cause: "cancelled" }));
  expect(runner.lastAnswer()).toBe("forget");
  await queue.pass(1_000);

  expect(queue.core.told("1").slice(1)).toEqual([FAILED]);
  await runner.reconnect([{ ref, phase: "running" }]);
  expect(runner.verdictOn(ref)).toBe("forget");
});

test("the first end holds: to fail a job that is over changes nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");

  expect(fail(queue)).toMatchObject({ kind: "changed", job: { state: "SUCCESS" } });
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("a job whose cancel was asked for can be failed as well", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.terminate(aJob());

  fail(queue);

  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});

test("an end that UCloud took is told again, that one and no other, and nothing before it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");
  await queue.pass(10_000);
  beSetBack(queue);

  expect(resend(queue)).toMatchObject({ kind: "changed", job: { state: "SUCCESS" } });
  await queue.pass(1_000);

  expect(queue.core.told("1")).toEqual([END]);
  expect(queue.row("1").telling.told).toBe("SUCCESS");
});

test("so is the end of a job that never ran", async () => {
  const queue = openQueue();
  queue.create(aJob());
  fail(queue);
  await queue.pass(1_000);
  beSetBack(queue);

  resend(queue);
  await queue.pass(1_000);

  expect(queue.core.told("1")).toEqual([FAILED]);
});

test("an end that UCloud did not take is tried now, whatever was waited for, and its age stays", async () => {
  const queue = openQueue();
  await anUndeliverable(queue);
  queue.core.badItems.clear();
  const { sinceMs } = queue.row("1").telling;
  const calls = queue.core.calls.length;

  resend(queue);
  expect(queue.row("1").telling.sinceMs).toBe(sinceMs);
  await queue.pass(0);

  expect(queue.core.calls.length).toBe(calls + 1);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("it does not wait for the rest of an outage either", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(1_000);
  queue.core.trouble = { kind: "unavailable", status: 502 };
  queue.random = 0.999;
  await runner.fact(ref, anExit());
  await queue.pass(200_000);
  queue.core.trouble = null;

  resend(queue);
  await queue.pass(0);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("of a job that UCloud had forgotten it is told again, and forgotten again if UCloud says so", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(aJob());
  queue.core.jobs.delete("1");
  await advance(runner, runner.offered(), "offered", "done");
  await queue.pass(900_000);
  expect(queue.row("1").telling.forgotten).toBe(true);
  const calls = queue.core.calls.length;

  resend(queue);
  await queue.pass(900_000);

  expect(queue.core.calls.length).toBeGreaterThan(calls);
  expect(queue.row("1").telling).toMatchObject({ forgotten: true, dueMs: null });
});

test("an end that cannot be delivered is let be: nothing more is told, and it is on no list", async () => {
  const queue = openQueue();
  await anUndeliverable(queue);
  expect(queue.queue.state.jobs.countUntold()).toBe(1);

  expect(discard(queue)).toMatchObject({ kind: "changed", job: { waitsFor: null } });
  const calls = queue.core.calls.length;
  await queue.pass(3_600_000);

  expect(queue.core.calls.length).toBe(calls);
  expect(queue.queue.state.jobs.countUntold()).toBe(0);
  expect(queue.queue.job("1")?.timeline.at(-1)).toMatchObject({
    what: "its end is not told any more, by an administrator",
    detail: "UCloud refuses it",
  });
});

test("it is let be too when UCloud shows the job as open, until an administrator has it told again", async () => {
  const queue = openQueue();
  await anUndeliverable(queue);
  discard(queue);
  queue.queue.verify([{ ...aJob(), product: { id: "small", category: "example-compute" }, state: "RUNNING" }]);
  await queue.pass(60_000);
  expect(queue.core.states("1")).toEqual(["RUNNING"]);
  queue.core.badItems.clear();

  resend(queue);
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("to let an end be that UCloud has taken changes nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");
  await queue.pass(10_000);
  const before = queue.row("1");

  discard(queue);

  expect(queue.row("1")).toEqual(before);
});

test("a job that is not over has no end to be told or to be let be, and an unknown one has nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  const before = queue.row("1");

  expect([resend(queue), discard(queue)]).toEqual([{ kind: "not_over" }, { kind: "not_over" }]);

  expect(queue.row("1")).toEqual(before);
  for (const verb of [fail, resend, discard]) {
    expect(verb(queue, "99")).toEqual({ kind: "unknown" });
  }
});

test("a job of a bulk that was not released yet can be failed", async () => {
  const queue = openQueue();
  queue.beKnown(aJob());
  queue.queue.create([aJob()], "hold-1");

  fail(queue);
  expect(queue.queue.release("hold-1")).toBe(false);

  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});
