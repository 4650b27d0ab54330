/** UCloud repeats a create whose answer it did not get: the guard of a job that is in doubt begins anew, no other. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

test("three seconds after a first call that nobody saw answered, nothing is told before the repeat's own guard ends", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.createUnanswered(aJob());
  await advance(runner, runner.offered(), "offered", "running");
  await queue.pass(3_000);

  queue.createUnanswered(aJob());
  await queue.pass(queue.times.answeredMs - 1);
  expect(queue.core.calls).toEqual([]);
  await queue.pass(queue.times.guardMs + 1);

  expect(queue.core.calls.map(({ call }) => call)).toEqual(["retrieve", "update"]);
});

test("a job whose answer was seen to leave is told as if there had been no repeat", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await queue.pass(1_000);

  queue.createUnanswered(aJob());
  await advance(runner, ref, "claimed", "running");
  await queue.pass(0);

  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});

test("a repeat is the same job: it is offered once and listed once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(aJob());
  queue.create(aJob());

  expect(runner.offers()).toHaveLength(1);
  expect(queue.queue.job("1")?.older).toEqual([]);
});

test("a repeat after the word that the answer has left writes no row", async () => {
  const queue = openQueue();
  queue.create(aJob());
  const before = queue.row("1");

  queue.createUnanswered(aJob());

  expect(queue.row("1")).toEqual(before);
});
