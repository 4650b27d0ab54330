/** What the user reads when UCloud hears late that a job runs, and when its time is used up. */
import { describe, expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob, identityOf } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, STARTED } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const IN_TIME = "The job is now running!";
// The queue's clock begins at 22:13:20 UTC.
const BEGAN = "The job began to run at 2023-11-14 22:13 UTC, and UCloud could not be told sooner.";

/** UCloud does not answer for so long after the job's start. */
async function afterOutage(ms: number, retryMaxMs = MINUTE) {
  const queue = openQueue({ retryMaxMs });
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.core.trouble = { kind: "unavailable", status: null };
  await queue.pass(ms);
  queue.core.trouble = null;
  return { queue, runner, ref };
}

test("RUNNING told in time keeps its words, also after a short outage", async () => {
  const { queue } = await afterOutage(MINUTE - 5_000, 1_000);
  await queue.pass(1_000);
  expect(queue.core.told("1")).toEqual([{ state: "RUNNING", status: IN_TIME, expectedState: "IN_QUEUE" }]);
});

test("RUNNING told after an outage says when the job began and when it ends, and is told once", async () => {
  const { queue } = await afterOutage(2 * MINUTE);
  await queue.pass(2 * MINUTE);
  const status = `${BEGAN} It ends at 2023-11-14 23:13 UTC at the latest.`;
  expect(queue.core.told("1")).toEqual([{ state: "RUNNING", status, expectedState: "IN_QUEUE" }]);
});

test("a start that its node could not tell sooner is late news", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");
  await queue.pass(5 * MINUTE);
  await runner.fact(ref, { ...STARTED, agoMs: 5 * MINUTE });
  await queue.pass(1_000);
  expect(queue.core.told("1").at(-1)?.status).toContain(BEGAN);
});

test("its end counts with more time and with pauses", async () => {
  const { queue, runner, ref } = await afterOutage(10 * MINUTE);
  queue.core.trouble = { kind: "unavailable", status: null };
  queue.queue.suspend([identityOf(aJob())], true);
  await runner.fact(ref, { kind: "suspended", n: 1, agoMs: 0 });
  await queue.pass(30 * MINUTE);
  queue.queue.suspend([identityOf(aJob())], false);
  await runner.fact(ref, { kind: "resumed", n: 2, agoMs: 0, byLimit: false });
  queue.queue.extend([{ ...identityOf(aJob()), allocatedMs: HOUR, requestedMs: HOUR }]);
  queue.core.trouble = null;
  await queue.pass(2 * MINUTE);
  expect(queue.core.told("1").at(0)?.status).toBe(`${BEGAN} It ends at 2023-11-15 00:43 UTC at the latest.`);
});

test.each([
  ["a job that has ended", anExit()],
  ["a suspended job", { kind: "suspended", n: 1, agoMs: 0 } as const],
])("of %s no end is told ahead", async (_name, fact) => {
  const { queue, runner, ref } = await afterOutage(10 * MINUTE);
  queue.core.trouble = { kind: "unavailable", status: null };
  await runner.fact(ref, fact);
  queue.core.trouble = null;
  await queue.pass(2 * MINUTE);
  expect(queue.core.told("1").at(0)).toEqual({ state: "RUNNING", status: BEGAN, expectedState: "IN_QUEUE" });
  expect(queue.core.states("1")).toHaveLength(2);
});

describe("EXPIRED says how much time was used, without the grace", () => {
  test.each([
    [1_000, 3_000, "; it ran for 1 second."],
    [59_000, 60_500, "; it ran for 59 seconds."],
    [HOUR, HOUR + 30_000, "; it ran for 1 hour."],
    [2 * HOUR + 3 * MINUTE, 2 * HOUR + 3 * MINUTE + 12, "; it ran for 2 hours 3 minutes."],
    [HOUR, null, "."],
  ])("of %d ms", async (wallMs, ranMs, end) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "starting", aJob({ plan: { wallMs } }));
    await runner.fact(ref, anExit({ cause: "expired", exitCode: 143, ranMs }));
    await queue.pass(10_000);
    expect(queue.core.told("1").at(-1)).toEqual({
      state: "EXPIRED",
      status: `The job has used up its time and was stopped${end}`,
      expectedDifferentState: true,
    });
  });
});
