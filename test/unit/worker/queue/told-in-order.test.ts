/** What UCloud hears of a job: in order, guarded, one change per request, nothing after the end. */
import { expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

test("a job that runs and ends well is told so in UCloud's words, each guarded by what was told before", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(1_000);
  await runner.fact(ref, anExit());
  await queue.pass(1_000);

  expect(queue.core.taken).toEqual([
    { id: "1", update: { state: "RUNNING", status: "The job is now running!", expectedState: "IN_QUEUE" } },
    {
      id: "1",
      update: { state: "SUCCESS", status: "The job has finished processing!", expectedDifferentState: true },
    },
  ]);
});

test("while RUNNING is on its way the end waits, and leaves with the next request", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.core.meanwhile = () => runner.fact(ref, anExit());

  await queue.pass(1_000);

  expect(queue.core.called("update")).toEqual([["1"], ["1"]]);
  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("what could not be told is told unchanged until it is answered", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.core.trouble = { kind: "unavailable", status: 502 };
  await queue.pass(5_000);
  await runner.fact(ref, anExit({ exitCode: 1 }));
  await queue.pass(5_000);
  queue.core.trouble = null;

  await queue.pass(queue.times.retryMaxMs);

  expect(queue.core.told("1")).toEqual([
    { state: "RUNNING", status: "The job is now running!", expectedState: "IN_QUEUE" },
    { state: "FAILURE", status: "The job ended with exit code 1.", expectedDifferentState: true },
  ]);
});

test("what was being told when the object left memory is told again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  await queue.pass(queue.times.guardMs - 1);

  queue.restart({ keepsSockets: true });
  await queue.pass(60_000);

  expect(queue.core.states("1")).toEqual(["RUNNING"]);
});

test("the end is the first one: what is said later of the same job changes nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await runner.fact(ref, anExit({ exitCode: 1 }));
  await queue.pass(1_000);

  await runner.fact(ref, anExit());
  queue.terminate(aJob());
  queue.queue.cancel("1", "too late");
  queue.queue.revoke(runner.id);
  await queue.pass(600_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "FAILURE"]);
});

test("a job that came back to the queue and ran elsewhere is told RUNNING once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");
  await runner.fact(ref, { kind: "not-started", failure: { code: "podman_failed" } });
  await queue.pass(5_000);

  await advance(runner, runner.offered(), "offered", "done");
  await queue.pass(5_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("a hundred jobs and more are told in batches of at most a hundred, one change of each in a request", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 120 });
  const ids = Array.from({ length: 120 }, (_, index) => `a${index}`);
  queue.create(...ids.map((id) => aJob({ id })));
  for (const ref of runner.offers()) {
    await advance(runner, ref, "offered", "done");
  }

  await queue.pass(queue.times.guardMs);

  const sizes = queue.core.called("update").map((batch) => batch.length);
  expect(sizes[0]).toBe(100);
  expect(Math.max(...sizes)).toBe(100);
  expect(sizes.length).toBeLessThanOrEqual(4);
  expect(ids.filter((id) => queue.core.states(id).join() !== "RUNNING,SUCCESS")).toEqual([]);
});
