/** Whom a call means: UCloud can use an id again, and late words about the earlier job may still be on their way. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const OLD = aJob({ createdAt: 1_000 });
const NEW = aJob({ createdAt: 2_000 });

test("a late terminate of the job that was replaced does not touch the one that has its id now", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(OLD);
  await bring(queue, runner, "running", NEW);

  queue.terminate(OLD);
  await queue.pass(1_000);

  expect(queue.stateOf(queue.row("1"))).toBe("running");
  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});

test("the terminate of a newer job whose create never came replaces the old one: stopped, and nothing told of it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running", OLD);
  await queue.pass(1_000);
  expect(queue.core.states("1")).toEqual(["RUNNING"]);
  queue.core.taken.length = 0;
  queue.beKnown(NEW);

  queue.terminate(NEW);
  await runner.fact(ref, anExit({ exitCode: 9 }));
  await queue.pass(60_000);

  expect(runner.line.heard("cancel")).toEqual([{ type: "cancel", ref }]);
  expect(queue.row("1").createdAt).toBe(NEW.createdAt);
  expect(queue.core.told("1")).toEqual([
    { state: "SUCCESS", status: "The job was cancelled.", expectedDifferentState: true },
  ]);
});

test("a terminate that names another owner is not about this job", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running", OLD);

  queue.terminate({ ...OLD, owner: { createdBy: "mallory", project: null } });
  await queue.pass(1_000);

  expect(queue.stateOf(queue.row("1"))).toBe("running");
  expect(runner.line.heard("cancel")).toEqual([]);
});
