/** No update before UCloud has stored the answer to the job's create. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { CATEGORY, openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

test("after the word that the answer has left, 250 ms pass before the first update", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");

  await queue.pass(queue.times.guardMs - 1);
  expect(queue.core.calls).toEqual([]);
  await queue.pass(1);

  expect(queue.times.guardMs).toBe(250);
  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});

test("the guard counts from the word, not from the first thing to tell", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");
  await queue.pass(queue.times.guardMs);

  await advance(runner, ref, "starting", "running");
  await queue.pass(0);

  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});

test("a word that comes when there is something to tell already lets it go after the guard", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.createUnanswered(aJob());
  await advance(runner, runner.offered(), "offered", "running");
  await queue.pass(1_000);

  queue.queue.answered([identityOf(aJob())]);
  await queue.pass(queue.times.guardMs - 1);
  expect(queue.core.calls).toEqual([]);
  await queue.pass(1);

  expect(queue.core.calls).toEqual([{ call: "update", ids: ["1"] }]);
});

test("jobs are offered without waiting for the guard", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  queue.createUnanswered(aJob());

  expect(runner.offers()).toHaveLength(1);
});

test("without the word 6 s pass; then UCloud's job is compared with ours, and told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.createUnanswered(aJob());
  await advance(runner, runner.offered(), "offered", "done");

  await queue.pass(queue.times.answeredMs - 1);
  expect(queue.core.calls).toEqual([]);
  await queue.pass(1_000);

  expect(queue.times.answeredMs).toBe(6_000);
  expect(queue.core.calls.map(({ call }) => call)).toEqual(["retrieve", "update", "update"]);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("a word that was lost with the object's memory costs one question to UCloud", async () => {
  const queue = openQueue();
  queue.create(aJob());
  queue.restart({ keepsSockets: false });
  const runner = await aRunner(queue);

  await advance(runner, runner.offered(), "offered", "done");
  await queue.pass(10_000);

  expect(queue.core.calls.map(({ call }) => call)).toEqual(["retrieve", "update", "update"]);
});

const DIFFERENT: [string, Parameters<typeof aJob>[0], string][] = [
  ["was created at another time", { createdAt: 77 }, CATEGORY],
  ["belongs to another user", { owner: { createdBy: "bob", project: null } }, CATEGORY],
  ["belongs to a project", { owner: { createdBy: "alice", project: "p" } }, CATEGORY],
  ["is of another product", { productId: "large" }, CATEGORY],
  ["is of another category", {}, "other-compute"],
];

test.each(DIFFERENT)(
  "a job that UCloud knows but that %s must not hear of ours: stopped, dropped",
  async (_, change, category) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    queue.createUnanswered(aJob());
    const ref = runner.offered();
    await advance(runner, ref, "offered", "running");
    const { createdAt, owner, productId } = aJob(change);
    queue.core.jobs.set("1", { createdAt, owner, product: { id: productId, category } });

    await queue.pass(60_000);
    expect(runner.line.heard("forget")).toEqual([{ type: "forget", ref }]);
    await runner.fact(ref, anExit());
    await queue.pass(60_000);

    expect(queue.core.called("update")).toEqual([]);
    expect(runner.lastAnswer()).toBe("forget");
  },
);

test("a job that UCloud does not have, because it gave the create up, is stopped and never told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.createUnanswered(aJob());
  const ref = runner.offered();
  await advance(runner, ref, "offered", "running");
  queue.core.jobs.delete("1");

  await queue.pass(60_000);

  expect(runner.line.heard("forget")).toEqual([{ type: "forget", ref }]);
  expect(queue.core.called("update")).toEqual([]);
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});

test("a question that UCloud does not answer is asked again, and decides nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.createUnanswered(aJob());
  await advance(runner, runner.offered(), "offered", "running");
  queue.core.trouble = { kind: "unavailable", status: null };
  await queue.pass(60_000);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
  queue.core.trouble = null;

  await queue.pass(queue.times.retryMaxMs);

  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});

test("a job that was not compared yet does not ride along with one that was", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.createUnanswered(aJob({ id: "unsure" }));
  await advance(runner, runner.offered(), "offered", "running");
  queue.core.jobs.delete("unsure");
  await bring(queue, runner, "running", aJob({ id: "sure" }));

  queue.nowMs += 2 * queue.times.answeredMs;
  await queue.fireAlarm();

  expect(queue.core.called("update")).toEqual([["sure"]]);
  expect(queue.core.called("retrieve")).toEqual([["unsure"]]);
});

test.each([[500], [502], [null]])(
  "a job about which UCloud answers %j does not hold back the others",
  async (status) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    queue.createUnanswered(aJob({ id: "bad" }));
    await advance(runner, runner.offered(), "offered", "running");
    queue.core.badRetrieves.set("bad", { kind: "unavailable", status });
    await queue.pass(queue.times.answeredMs);

    await bring(queue, runner, "done", aJob({ id: "good" }));
    await queue.pass(3_600_000);

    expect(queue.core.states("good")).toEqual(["RUNNING", "SUCCESS"]);
    queue.core.badRetrieves.clear();
    await queue.pass(queue.times.retryMaxMs + 1_000);
    expect(queue.core.states("bad")).toEqual(["RUNNING"]);
  },
);

test("a create that UCloud repeats begins the guard anew: it stores the answer of that call", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.createUnanswered(aJob());
  await advance(runner, runner.offered(), "offered", "running");
  await queue.pass(queue.times.answeredMs - 1);

  queue.createUnanswered(aJob());
  await queue.pass(queue.times.answeredMs - 1);
  expect(queue.core.calls).toEqual([]);
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});
