/** What an administrator sees: the one sentence that says what a job waits for, and why UCloud has not been told. */
import { describe, expect, test } from "vitest";
import { NOTHING_USED } from "../../../../worker/queue/day-meter.ts";
import { viewJobs, viewQueue, viewRunners, viewUndelivered } from "../../../../worker/queue/views.ts";
import { bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, CLOSED } from "../../../support/queue/test-runner.ts";

const waitsFor = (queue: QueueUnderTest) => queue.queue.job("1")?.waitsFor;

describe("a job waits", () => {
  test("for a runner when none is connected", () => {
    const queue = openQueue();
    queue.create(aJob());

    expect(waitsFor(queue)).toBe("a runner: none is connected");
  });

  test("for a bigger machine when no connected one is big enough", async () => {
    const queue = openQueue();
    await aRunner(queue);
    queue.create(aJob({ cpu: 64 }));

    expect(waitsFor(queue)).toContain("no connected one is big enough");
  });

  test("for its machines to open when all that are able have closed", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await runner.report(aCapacity({ change: CLOSED }));
    queue.create(aJob());

    expect(waitsFor(queue)).toContain("all have closed");
  });

  test("for room when the machines are full", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue, { cpu: 1 });
    await bring(queue, runner, "running", aJob({ id: "2" }));
    queue.create(aJob());

    expect(waitsFor(queue)).toBe("room on a machine");
  });

  test("for the rest of its call while it is held", () => {
    const queue = openQueue();
    queue.queue.create([aJob()], "hold-1");

    expect(waitsFor(queue)).toBe("the other categories of the same call");
  });

  test("for the pause after a failed start", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "claimed");
    await runner.refuse(ref, { code: "podman_failed" });

    expect(waitsFor(queue)).toContain("a pause");
  });

  const STAGES: [Stage, string | null][] = [
    ["offered", "the runner's answer to the offer"],
    ["claimed", "the runner to have the image"],
    ["starting", "the runner's word that the program runs"],
    ["running", "its own end"],
    ["done", "UCloud to be told: about to be told"],
  ];

  test.each(STAGES)("in `%s` for %s", async (stage, expected) => {
    const queue = openQueue();
    await bring(queue, await aRunner(queue), stage);

    expect(waitsFor(queue)).toBe(expected);
  });

  test("for its runner to stop it when it was cancelled", async () => {
    const queue = openQueue();
    await bring(queue, await aRunner(queue), "running");
    queue.terminate(aJob());

    expect(waitsFor(queue)).toBe("the runner to stop it");
  });

  test("for nothing when UCloud knows its end", async () => {
    const queue = openQueue();
    await bring(queue, await aRunner(queue), "done");
    await queue.pass(1_000);

    expect(waitsFor(queue)).toBeNull();
  });
});

const WHY: [string, (queue: QueueUnderTest) => void, string][] = [
  [
    "does not answer",
    ({ core }) => Object.assign(core, { trouble: { kind: "unavailable", status: null } }),
    "UCloud does not answer",
  ],
  [
    "answers 503",
    ({ core }) => Object.assign(core, { trouble: { kind: "unavailable", status: 503 } }),
    "UCloud answers 503",
  ],
  [
    "refuses our token",
    ({ core }) => Object.assign(core, { trouble: { kind: "refresh-refused" } }),
    "UCloud refuses our refresh token",
  ],
  ["does not know the job", ({ core }) => core.jobs.clear(), "UCloud says that it does not know the job"],
];

test.each(WHY)("an end that is not delivered because UCloud %s is listed with the reason", async (_, trouble, why) => {
  const queue = openQueue();
  await bring(queue, await aRunner(queue), "done");
  trouble(queue);
  await queue.pass(1_000);

  const [first, ...rest] = viewUndelivered(queue.queue.state, 10);

  expect(rest).toEqual([]);
  expect(first).toMatchObject({ id: "1", category: "example-compute", state: "RUNNING", why });
  expect(first?.sinceMs).toBe(1_000);
});

test("a queue is counted by what its jobs do, and replaced ones do not count", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 2 });
  await bring(queue, runner, "done", aJob({ id: "done" }));
  await bring(queue, runner, "running", aJob({ id: "running" }));
  queue.create(aJob({ id: "offered", createdAt: 1 }));
  queue.create(aJob({ id: "offered", createdAt: 2 }), aJob({ id: "queued" }));
  queue.queue.create([aJob({ id: "held" })], "hold-1");

  expect(viewQueue(queue.queue.state)).toEqual({
    name: "example-compute",
    queued: 1,
    held: 1,
    active: 2,
    finished: 1,
    undelivered: 2,
    runners: 1,
    refreshRefusedSince: null,
    restoredSince: null,
    paused: null,
    queueStatus: "AVAILABLE",
    today: { date: "2023-11-14", ...NOTHING_USED },
  });
});

test("runners are shown with what they hold and how long they have been silent", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  runner.fallSilent();
  queue.nowMs += 7_000;

  const shown = { id: "runner-1", connected: true, silentForMs: 7_000, jobs: ["1"], revoked: false };
  expect(viewRunners(queue.queue.state)).toEqual([expect.objectContaining(shown)]);
  queue.loseLine(runner.line);
  expect(viewRunners(queue.queue.state)).toEqual([expect.objectContaining({ connected: false, silentForMs: 7_000 })]);
});

test("jobs are paged by id, each once", () => {
  const queue = openQueue();
  const ids = ["1", "2", "3", "4", "5"];
  queue.create(...ids.map((id) => aJob({ id })));

  const seen: string[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const page = viewJobs(queue.queue.state, next === "" ? null : next, 2);
    seen.push(...page.items.map(({ id }) => id));
    next = page.next;
  }

  expect(seen).toEqual(ids);
});

test("earlier incarnations of an id are shown below the one that has it", async () => {
  const queue = openQueue();
  queue.create(aJob({ createdAt: 1 }));
  await queue.pass(1);
  queue.create(aJob({ createdAt: 2 }));
  await queue.pass(1);
  queue.create(aJob({ createdAt: 3 }));

  const job = queue.queue.job("1");

  expect(job).toMatchObject({ createdAt: 3, state: "queued" });
  expect(job?.older.map(({ state }) => state)).toEqual(["FAILURE", "FAILURE"]);
});
