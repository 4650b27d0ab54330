/** A machine that an administrator gives up, and one that is on no list any more. */
import { expect, test } from "vitest";
import { viewQueue, viewRunners } from "../../../../worker/queue/views.ts";
import { aDrain, aLoss, aResume } from "../../../support/queue/decisions.ts";
import { bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, anExit, aRunner, CLOSED, STARTED } from "../../../support/queue/test-runner.ts";

const JOBS: [Stage, string][] = [
  ["offered", "queued"],
  ["claimed", "queued"],
  ["starting", "FAILURE"],
  ["running", "FAILURE"],
];

test.each(JOBS)("its job in `%s` is %s afterwards, and the machine is told to drop it", async (stage, expected) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, stage);
  await runner.report(aCapacity({ change: CLOSED }));

  queue.queue.heed(runner.id, aLoss(queue));

  expect(queue.stateOf(queue.row("1"))).toBe(expected);
  expect(runner.line.heard("forget")).toEqual([{ type: "forget", ref }]);
});

test("its users read that the machine is lost, and why", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");

  queue.queue.heed(runner.id, aLoss(queue, "burnt\0 down"));
  await queue.pass(1_000);

  const status = "The machine that ran the job is lost: burnt down";
  expect(queue.core.told("1").at(-1)).toEqual({ state: "FAILURE", status, expectedDifferentState: true });
});

test("a job whose cancel was asked for ends as its user wished", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.terminate(aJob());

  queue.queue.heed(runner.id, aLoss(queue));

  expect(queue.stateOf(queue.row("1"))).toBe("SUCCESS");
});

test("what it brings back is dropped by the verdict table, and its facts change nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.loseLine(runner.line);
  queue.queue.heed(runner.id, aLoss(queue));

  await runner.reconnect([{ ref, phase: "running" }]);
  expect(runner.verdictOn(ref)).toBe("forget");
  await runner.fact(ref, anExit());

  expect(runner.lastAnswer()).toBe("forget");
  await queue.pass(1_000);
  expect(queue.core.states("1")).toEqual(["RUNNING", "FAILURE"]);
});

test("while a line of it is still open it is offered nothing, and has to say anew what it has", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");

  queue.queue.heed(runner.id, aLoss(queue));

  expect(runner.line.closed).toEqual({ code: 1000, reason: "say it all again" });
  expect(runner.offers()).toEqual([ref]);
  await runner.reconnect([{ ref, phase: "ready" }]);
  expect(runner.verdictOn(ref)).toBe("forget");
  expect(runner.offers()).toEqual([{ ...ref, attempt: 2 }]);
});

test("it takes jobs again when it is back", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.loseLine(runner.line);
  queue.queue.heed(runner.id, aLoss(queue));

  await runner.reconnect();
  await bring(queue, runner, "running");

  expect(queue.stateOf(queue.row("1"))).toBe("running");
});

test("the word is heeded once: later words that carry it end nothing more", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const loss = aLoss(queue);
  queue.queue.heed(runner.id, loss);
  await runner.reconnect();
  await bring(queue, runner, "running");

  queue.queue.heed(runner.id, loss);
  queue.queue.heed(runner.id, { ...aDrain(queue), lost: loss.lost });
  queue.restart({ keepsSockets: true });
  queue.queue.heed(runner.id, { ...aResume(queue), lost: loss.lost });

  expect(queue.stateOf(queue.row("1"))).toBe("running");
});

test("a word that was long on its way does not concern what the machine was given after it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  const loss = aLoss(queue);
  queue.nowMs += 1_000;
  await bring(queue, runner, "running", aJob({ id: "2" }));

  queue.queue.heed(runner.id, loss);

  expect(["1", "2"].map((id) => queue.stateOf(queue.row(id)))).toEqual(["FAILURE", "running"]);
});

test("what cannot be stored is not said", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  queue.isDiskFull = true;

  expect(() => queue.queue.heed(runner.id, aLoss(queue))).toThrow("SQLITE_FULL");

  expect(runner.line.heard("forget")).toEqual([]);
  queue.isDiskFull = false;
  expect(queue.stateOf(queue.row("1"))).toBe("running");
});

test("a runner that was removed is on no list, and is refused for ever", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");

  queue.queue.dismiss(runner.id);
  queue.queue.dismiss("never-here");
  queue.restart({ keepsSockets: true });

  expect(viewRunners(queue.queue.state)).toEqual([]);
  expect(viewQueue(queue.queue.state).runners).toBe(0);
  expect(["runner-1", "never-here"].map((id) => queue.queue.isRevoked(id))).toEqual([true, true]);
  expect(runner.line.closed?.code).toBe(4403);
  await runner.fact(ref, STARTED);
  expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
});
