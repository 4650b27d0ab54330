/** Create again: the same job changes nothing, another job under the same id replaces the one before. */
import { describe, expect, test } from "vitest";
import { bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const STAGES: [Stage][] = [["offered"], ["claimed"], ["starting"], ["running"], ["done"]];

test.each(STAGES)("a repeated create of a job in `%s` is answered as before and changes nothing", async (stage) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, stage);
  const before = queue.row("1");

  expect(queue.queue.create([aJob()], null)).toMatchObject({ kind: "stored", waiting: 0, held: 0 });
  expect(queue.queue.create([aJob({ plan: { argv: ["something", "else"] } })], null).kind).toBe("stored");

  expect(queue.row("1")).toEqual(before);
  expect(runner.offers()).toHaveLength(1);
});

test("a create that comes twice in one call is one job", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  queue.create(aJob(), aJob());

  expect(runner.offers()).toHaveLength(1);
});

describe.each([
  ["a later createdAt", aJob({ createdAt: 2 })],
  ["another user", aJob({ owner: { createdBy: "bob", project: null } })],
  ["another project", aJob({ owner: { createdBy: "alice", project: "p" } })],
])("the same id with %s is another job", (_, other) => {
  test("that runs for itself, under another incarnation", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "claimed");

    const next = await bring(queue, runner, "running", other);

    expect(next.incarnation).not.toBe(ref.incarnation);
    expect(queue.row("1")).toMatchObject({ createdAt: other.createdAt, owner: other.owner });
  });

  test("and of the old one nothing is told any more", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running");
    await queue.pass(1_000);
    queue.core.taken.length = 0;

    queue.create(other);
    await runner.fact(ref, anExit({ exitCode: 7 }));
    await queue.pass(60_000);

    expect(runner.lastAnswer()).toBe("forget");
    expect(queue.core.told("1")).toEqual([]);
  });
});

const WHAT_IS_SENT: [Stage, string[]][] = [
  ["offered", ["forget"]],
  ["claimed", ["forget"]],
  ["starting", ["cancel"]],
  ["running", ["cancel"]],
];

test.each(WHAT_IS_SENT)("the runner of a replaced job in `%s` is told: %s", async (stage, expected) => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  const ref = await bring(queue, runner, stage);

  queue.create(aJob({ createdAt: 2 }));

  const orders = runner.line.frames.filter(({ type }) => type === "forget" || type === "cancel");
  expect(orders).toEqual(expected.map((type) => ({ type, ref })));
});

test("a replaced job's container is cancelled at each welcome until its runner has answered", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.loseLine(runner.line);
  queue.create(aJob({ createdAt: 2 }));

  expect(await runner.reconnect([{ ref, phase: "running" }])).toEqual([{ ref, verdict: "cancel" }]);
  await runner.fact(ref, anExit({ cause: "cancelled" }));
  expect(runner.lastAnswer()).toBe("forget");
  expect(await runner.reconnect([{ ref, phase: "ended" }])).toEqual([{ ref, verdict: "forget" }]);
});

test("what was told of the old job while it was replaced does not count for the new one", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.core.meanwhile = () => queue.create(aJob({ createdAt: 2 }));
  await queue.pass(1_000);
  queue.core.taken.length = 0;

  const ref = runner.offered();
  await runner.accept(ref, true);
  await runner.fact(ref, anExit());
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("a job that had ended keeps its outcome in the history when another takes its id", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");

  queue.create(aJob({ createdAt: 2 }));

  expect(queue.queue.job("1")?.older.map(({ state }) => state)).toEqual(["SUCCESS"]);
});
