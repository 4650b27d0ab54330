/** The queue's wide events: one for each unit of work, none for what did not happen, and nothing of a user in them. */
import { describe, expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob, GIBIBYTE } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

function named(queue: QueueUnderTest, name: string): Record<string, unknown>[] {
  return queue.events.filter((event) => event.name === name).map(({ fields }) => fields);
}

describe("a job's end", () => {
  test("has ids, class, times and cause", async () => {
    const queue = openQueue();
    const acceptedAtMs = queue.nowMs;
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "starting");
    await queue.pass(1_000);
    await runner.fact(ref, { kind: "started", agoMs: 0, imageDigest: null });
    await queue.pass(60_000);
    await runner.fact(ref, anExit({ exitCode: 3, ranMs: 60_000 }));

    expect(named(queue, "job_ended")).toEqual([
      {
        ...{ category: "example-compute", job: "1", incarnation: ref.incarnation, attempt: 1, runner: "runner-1" },
        ...{ product: "small", cpu: 1, memoryBytes: GIBIBYTE, gpu: 0 },
        ...{ outcome: "FAILURE", cause: "exit, exit code 3", after: "exited", told: "RUNNING", failedStarts: 0 },
        ...{ acceptedAtMs, startedAtMs: acceptedAtMs + 1_000, waitedMs: 1_000, ranMs: 60_000 },
        ...{ exitedAtMs: acceptedAtMs + 61_000, endedAtMs: acceptedAtMs + 61_000 },
      },
    ]);
  });

  test.each([
    ["cancelled", (queue: QueueUnderTest) => queue.terminate(aJob())],
    ["replaced", (queue: QueueUnderTest) => queue.create(aJob({ createdAt: 2 }))],
  ])("before any exit is told as %s", async (cause, end) => {
    const queue = openQueue();
    queue.create(aJob());
    end(queue);

    expect(named(queue, "job_ended")).toMatchObject([{ cause, ranMs: null, startedAtMs: null, runner: null }]);
  });

  test("is told once, however often its runner says it", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "done");
    await runner.fact(ref, anExit());
    await queue.pass(3_600_000);

    expect(named(queue, "job_ended")).toHaveLength(1);
  });
});

describe("a row's end", () => {
  test("is told when it is removed, seven days after the job's", async () => {
    const queue = openQueue();
    await bring(queue, await aRunner(queue), "done");
    await queue.pass(queue.times.keepMs - 1_000);
    expect(named(queue, "job_closed")).toEqual([]);

    await queue.pass(2 * 3_600_000);
    const [ended] = named(queue, "job_ended");
    expect(named(queue, "job_closed")).toEqual([{ ...ended, told: "SUCCESS" }]);
  });

  test("is told of many, each once", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue, { cpu: 1_000 });
    for (let id = 0; id < 450; id++) {
      await bring(queue, runner, "done", aJob({ id: `${id}` }));
    }
    await queue.pass(queue.times.keepMs + 2 * 3_600_000);

    const closed = named(queue, "job_closed").map(({ job }) => job);
    expect(closed).toHaveLength(450);
    expect(new Set(closed).size).toBe(450);
  });

  test("of a job that was never released says so", async () => {
    const queue = openQueue();
    queue.queue.create([aJob()], "hold-1");
    await queue.pass(queue.times.holdMs);

    expect(named(queue, "job_closed")).toMatchObject([{ job: "1", cause: "not released", outcome: null }]);
  });
});

test("of a turn that failed nothing is told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.isCommitFailing = true;
  await expect(runner.fact(ref, anExit())).rejects.toThrow("SQLITE_FULL");
  expect(named(queue, "job_ended")).toEqual([]);

  queue.isCommitFailing = false;
  await runner.fact(ref, anExit());
  expect(named(queue, "job_ended")).toHaveLength(1);
});

test("a runner's session has a beginning and an end", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await runner.hello();
  await queue.pass(5_000);
  queue.loseLine(runner.line);

  expect(named(queue, "runner.connected")).toEqual([
    { category: "example-compute", runner: "runner-1", session: 1, version: "0.1.0", jobs: 0 },
  ]);
  expect(named(queue, "runner.disconnected")).toMatchObject([{ runner: "runner-1", session: 1, openMs: 5_000 }]);
});

test("an alarm is told when it has asked UCloud something, and how late it came", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await queue.pass(60_000);
  expect(named(queue, "alarm")).toEqual([]);

  await bring(queue, runner, "running");
  await queue.pass(1_000);
  expect(named(queue, "alarm")).toEqual([{ category: "example-compute", requests: 1, lateMs: 0, ms: 0 }]);
});

test("no event has an owner, a text, an argument, a variable or output in it", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const plan = { argv: ["planted-argument"], environment: { KEY: "planted-variable" } };
  const owner = { createdBy: "planted-user", project: "planted-project" };
  const job = aJob({ owner, plan: { ...plan, workspace: "project:planted-project" } });
  const ref = await bring(queue, runner, "running", job);
  queue.queue.cancel("1", "planted reason");
  await runner.fact(ref, anExit({ cause: "cancelled", tail: btoa("planted output") }));
  await queue.pass(queue.times.keepMs + 2 * 3_600_000);

  expect(named(queue, "job_closed")).toHaveLength(1);
  expect(JSON.stringify([queue.events, queue.reports])).not.toMatch(/planted|cGxhbnRlZ/);
});
