/** How much of what UCloud has forgotten may be ended without anybody's word. */
import { expect, test } from "vitest";
import { forgetAll, held, runningJobs, stopped } from "../../../support/queue/forgotten.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { CATEGORY, openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LONG = { wallMs: 30 * DAY };

test("three jobs are ended, the rest is held, shown, and left alone for days", async () => {
  const queue = openQueue();
  const runner = await runningJobs(queue, 10);
  forgetAll(queue);

  await queue.pass(DAY);

  expect(stopped(runner)).toHaveLength(3);
  expect(held(queue)).toHaveLength(7);
  expect(held(queue)[0]).toMatchObject({ state: "held: forgotten", category: CATEGORY });
});

test("of many running jobs one in twenty is ended", async () => {
  const queue = openQueue();
  const runner = await runningJobs(queue, 100);
  forgetAll(queue);

  await queue.pass(HOUR);

  expect(stopped(runner)).toHaveLength(5);
});

test("what is held goes on by an administrator's word", async () => {
  const queue = openQueue();
  const runner = await runningJobs(queue, 10);
  forgetAll(queue);
  await queue.pass(HOUR);

  queue.queue.reconcileNow();
  await queue.pass(1_000);

  expect(stopped(runner)).toHaveLength(10);
  expect(held(queue)).toEqual([]);
});

test("an administrator's word in the middle of a comparison is heard", async () => {
  const queue = openQueue();
  const runner = await runningJobs(queue, 10);
  forgetAll(queue);
  await queue.pass(HOUR);

  queue.core.meanwhile = () => queue.queue.reconcileNow();
  await queue.pass(queue.times.reconcileMs);
  await queue.pass(1_000);

  expect(stopped(runner)).toHaveLength(10);
});

test("what is held is over when UCloud knows the job again, or when it ends by itself", async () => {
  const queue = openQueue();
  const runner = await runningJobs(queue, 5);
  const before = new Map(queue.core.jobs);
  forgetAll(queue);
  await queue.pass(HOUR);
  const [first, second] = held(queue);
  const back = before.get(first?.id ?? "");
  expect(back).toBeDefined();
  if (back !== undefined) {
    queue.core.jobs.set(first?.id ?? "", back);
  }
  const { incarnation } = queue.row(second?.id ?? "");
  await runner.fact({ job: second?.id ?? "", incarnation, attempt: 1, rank: 0 }, anExit());

  await queue.pass(HOUR);

  expect(held(queue)).toEqual([]);
  expect(queue.stateOf(queue.row(first?.id ?? ""))).toBe("running");
});

test("a young queue ends nothing for an hour, then goes on by itself", async () => {
  const queue = openQueue();
  queue.queue.state.settings.set({ bornAtMs: queue.nowMs });
  const runner = await runningJobs(queue, 1);
  forgetAll(queue);

  await queue.pass(HOUR - 2 * MINUTE);
  expect(stopped(runner)).toEqual([]);
  expect(held(queue)).toMatchObject([{ id: "j0", state: "held: forgotten" }]);
  await queue.pass(20 * MINUTE);

  expect(stopped(runner)).toEqual(["j0"]);
  expect(held(queue)).toEqual([]);
});

test("jobs that have something to tell are under it as well", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 64 });
  for (let index = 0; index < 8; index++) {
    await bring(queue, runner, "running", aJob({ id: `j${index}`, plan: LONG }));
  }
  forgetAll(queue);

  await queue.pass(6 * HOUR);

  expect(stopped(runner)).toHaveLength(3);
  expect(held(queue)).toHaveLength(5);
});

test("what has not been started is no matter of it", async () => {
  const queue = openQueue();
  queue.queue.state.settings.set({ bornAtMs: queue.nowMs });
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await runner.say({ type: "progress", ref, text: "Pulling" });
  forgetAll(queue);

  await queue.pass(20 * MINUTE);

  expect(stopped(runner)).toEqual(["1"]);
});
