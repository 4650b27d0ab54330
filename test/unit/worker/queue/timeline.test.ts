/** The bounded story of a job: its beginning and its latest entries survive. */
import { expect, test } from "vitest";
import { newJob } from "../../../../worker/queue/birth.ts";
import { note } from "../../../../worker/queue/timeline.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const fresh = () =>
  newJob(aJob(), {
    incarnation: "0".repeat(16),
    place: { state: "queued", notBeforeMs: 0 },
    nowMs: 0,
    guardUntilMs: 0,
  });

test("a job's life can be read: offers with their runner and attempt, facts, what UCloud took", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(1_000);
  await runner.fact(ref, anExit({ exitCode: 3 }));
  await queue.pass(1_000);

  const { timeline = [], state, told } = queue.queue.job("1") ?? {};

  expect(timeline.map(({ what }) => what)).toEqual([
    "accepted",
    "offered",
    "claimed",
    "start granted",
    "running",
    "UCloud took RUNNING",
    "exited",
    "ended FAILURE",
    "UCloud took FAILURE",
  ]);
  expect(timeline.find(({ what }) => what === "offered")).toMatchObject({ attempt: 1, runner: "runner-1" });
  expect({ state, told }).toEqual({ state: "FAILURE", told: "FAILURE" });
});

test("of a long story the first ten and the last thirty entries are kept", () => {
  let job = fresh();
  for (let index = 1; index <= 500; index++) {
    job = note(job, index, `entry ${index}`);
  }

  expect(job.timeline).toHaveLength(40);
  expect(job.timeline[0]?.what).toBe("accepted");
  expect(job.timeline[9]?.what).toBe("entry 9");
  expect(job.timeline[10]?.what).toBe("entry 471");
  expect(job.timeline.at(-1)?.what).toBe("entry 500");
});

test("the same thing twice in a row is one entry", () => {
  const once = note(fresh(), 1, "cancel asked");

  expect(note(once, 2, "cancel asked")).toEqual(once);
  expect(note(once, 2, "cancel asked", "by another").timeline).toHaveLength(3);
});

test("a detail is one short line", () => {
  const detail = note(fresh(), 1, "exited", `a\0b\n${"x".repeat(10_000)}`).timeline.at(-1)?.detail;

  expect(detail).toMatch(/^a b x+…$/);
  expect(detail?.length).toBeLessThanOrEqual(200);
});

test("entries of the timeline name no value that the user wrote", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const plan = { argv: ["acme-batch", "hunter2"], environment: { TOKEN: "hunter3" } };
  await bring(queue, runner, "done", aJob({ plan }));

  const seen = JSON.stringify([queue.queue.job("1"), queue.events]);

  expect(seen).not.toContain("hunter");
});
