/** How often the platform has to wake a queue for a job: each alarm is a request on the bill. */
import { expect, test, vi } from "vitest";
import { DEFAULT_TIMES } from "../../../../shared/times.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const HOUR_MS = 3_600_000;
/** Comparing with UCloud and telling of use come every ten minutes for all jobs together, and may share an alarm. */
const SHARED_AN_HOUR = 2 * (HOUR_MS / DEFAULT_TIMES.usageMs) + 1;

test("a job alone needs two alarms from its create to its end", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await queue.pass(DEFAULT_TIMES.snapshotMs);
  const alarm = vi.spyOn(queue.queue, "alarm");

  const ref = await bring(queue, runner, "running");
  await queue.pass(1_000);
  await runner.fact(ref, anExit());
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  expect(alarm).toHaveBeenCalledTimes(2);
});

test("running jobs wake their queue once in the time of a lease, however many there are", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 3 });
  for (const id of ["1", "2", "3"]) {
    await bring(queue, runner, "running", aJob({ id }));
  }
  await queue.pass(1_000);
  const alarm = vi.spyOn(queue.queue, "alarm");

  await queue.pass(HOUR_MS);

  expect(alarm.mock.calls.length).toBeLessThanOrEqual(HOUR_MS / DEFAULT_TIMES.leaseMs + SHARED_AN_HOUR);
});
