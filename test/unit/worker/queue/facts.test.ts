/** What facts do beyond the table: order at UCloud, crossing orders, writes before answers. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, STARTED } from "../../../support/queue/test-runner.ts";

test("an end without a start before it is told as RUNNING first, in a request of its own", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  await runner.fact(ref, anExit());
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  expect(queue.core.called("update")).toEqual([["1"], ["1"]]);
});

test("a job that is not known to have run is never told RUNNING", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  await runner.fact(ref, anExit({ cause: "lost", reason: "never_started", exitCode: null, ranMs: null }));
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["FAILURE"]);
});

test("the program's start is dated by the runner's stopwatch", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  await runner.fact(ref, { ...STARTED, agoMs: 4_000 });

  expect(queue.row("1").startedAtMs).toBe(queue.nowMs - 4_000);
});

test("a start that crossed the user's cancel is answered by the cancel again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");
  queue.terminate(aJob());
  const before = runner.line.heard("cancel").length;

  await runner.fact(ref, STARTED);

  expect(runner.line.heard("cancel").slice(before)).toEqual([{ type: "cancel", ref }]);
});

test("a program that ended by itself before the cancel reached it keeps its own end", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.terminate(aJob());

  await runner.fact(ref, anExit({ exitCode: 3 }));
  await queue.pass(1_000);

  expect(queue.core.told("1").at(-1)).toMatchObject({ state: "FAILURE", status: "The job ended with exit code 3." });
});

test("after `not-started` the job is another attempt", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  await runner.fact(ref, { kind: "not-started", failure: { code: "podman_failed" } });
  await queue.pass(5_000);

  expect(runner.offered()).toEqual({ ...ref, attempt: 2 });
});

test("a fact that cannot be stored is not acknowledged, and counts when it comes again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.isDiskFull = true;

  await expect(runner.fact(ref, anExit())).rejects.toThrow("SQLITE_FULL");

  expect(runner.line.heard("ack").map(({ kind }) => kind)).toEqual(["started"]);
  queue.isDiskFull = false;
  await runner.fact(ref, anExit());
  expect(runner.lastAnswer()).toBe("ack exited");
  await queue.pass(1_000);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("of a turn that fails at its end nothing leaves: neither the answer nor the next offer", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  const ref = await bring(queue, runner, "running");
  queue.create(aJob({ id: "2" }));
  const before = runner.line.frames.length;
  queue.isCommitFailing = true;

  await expect(runner.fact(ref, anExit())).rejects.toThrow("SQLITE_FULL");
  expect(runner.line.frames.slice(before)).toEqual([]);
  queue.isCommitFailing = false;
  await runner.fact(ref, anExit());

  expect(runner.line.frames.slice(before).map(({ type }) => type)).toEqual(["ack", "offer"]);
});

test("the plan, with what the user gave, is erased when the job ends", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  expect(queue.queue.state.jobs.plan(queue.row("1"))).not.toBeNull();

  await runner.fact(ref, anExit());

  expect(queue.queue.state.jobs.plan(queue.row("1"))).toBeNull();
});

test("a job that its node stopped for what it wrote ends with the figures, for UCloud and in its timeline", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");

  await runner.fact(ref, anExit({ exitCode: 143, disk: { usedBytes: 3 * 2 ** 30, limitBytes: 2 ** 30 } }));
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "FAILURE"]);
  expect(queue.row("1").place).toMatchObject({ text: "The job used 3 GiB of 1 GiB of disk space and was stopped." });
  expect(queue.row("1").timeline.map(({ detail }) => detail)).toContain("disk, exit code 143");
});
