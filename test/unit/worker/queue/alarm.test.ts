/** The alarm never throws, whatever fails, and there is always a next one while something is left to do. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, TestRunner } from "../../../support/queue/test-runner.ts";

test("a disk that takes no writes: the alarm comes again, and then everything is done", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");
  queue.isDiskFull = true;

  await queue.pass(queue.times.guardMs);
  expect(queue.events.map(({ name }) => name)).toContain("alarm.failed");
  expect(queue.alarmMs).toBeGreaterThan(queue.nowMs);
  queue.isDiskFull = false;
  await queue.pass(60_000);

  expect(queue.core.states("1").at(-1)).toBe("SUCCESS");
  expect(queue.row("1").telling.told).toBe("SUCCESS");
});

test("a client that throws: the alarm comes again, and the end is told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");
  queue.core.meanwhile = () => {
    throw new TypeError("fetch failed");
  };

  await queue.pass(queue.times.guardMs);
  expect(queue.events).toContainEqual({ name: "alarm.failed", fields: { error: "TypeError" } });
  expect(queue.alarmMs).toBeGreaterThan(queue.nowMs);
  await queue.pass(60_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
});

test("what comes up while an alarm is under way gets its own", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.core.meanwhile = async () => {
    queue.create(aJob({ id: "2" }));
    await runner.fact(ref, anExit());
  };

  await queue.pass(queue.times.guardMs);
  await runner.accept(runner.offered(), true);
  await runner.fact(runner.offered(), anExit());
  await queue.pass(10_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  expect(queue.core.states("2")).toEqual(["RUNNING", "SUCCESS"]);
});

test("an alarm that was rolled back with its turn is set by the next one", async () => {
  const queue = openQueue();
  queue.isCommitFailing = true;
  expect(() => queue.queue.create([aJob()], "hold-1")).toThrow("SQLITE_FULL");
  expect(queue.alarmMs).toBeNull();
  queue.isCommitFailing = false;

  queue.queue.create([aJob()], "hold-1");

  expect(queue.alarmMs).toBe(queue.nowMs + queue.times.holdMs);
});

test("an idle queue has no alarm: no runner, no job", () => {
  expect(openQueue().alarmMs).toBeNull();
});

test("runners without jobs cost no alarm, and a job that only waits one when its user is told why", async () => {
  const queue = openQueue();
  const runner = new TestRunner(queue);
  await runner.hello();
  queue.create(aJob({ cpu: 64 }));
  await queue.pass(20_000);

  expect(queue.alarmMs).toBe(queue.nowMs - 20_000 + queue.times.waitingLineMs);
});

test("a running job costs an alarm per lease and per comparison with UCloud, not more", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  await queue.pass(1_000);
  let alarms = 0;
  const { alarm } = queue.queue;
  queue.queue.alarm = () => {
    alarms++;
    return alarm.call(queue.queue);
  };

  await queue.pass(100 * queue.times.leaseMs);

  expect(alarms).toBeLessThanOrEqual(101 + 15);
  expect(alarms).toBeGreaterThan(50);
});

test("ended jobs are removed together, seven days after their end, and not before they were told", async () => {
  const queue = openQueue({ retryMaxMs: 3_600_000 });
  const runner = await aRunner(queue);
  await bring(queue, runner, "done", aJob({ id: "told" }));
  await queue.pass(1_000);
  await bring(queue, runner, "done", aJob({ id: "untold" }));
  queue.core.trouble = { kind: "unavailable", status: null };

  await queue.pass(queue.times.keepMs - 2_000);
  expect(queue.queue.job("told")).not.toBeNull();
  await queue.pass(2 * 3_600_000);

  expect(queue.queue.job("told")).toBeNull();
  expect(queue.queue.job("untold")).not.toBeNull();
  queue.core.trouble = null;
  await queue.pass(4 * 3_600_000);
  expect(queue.core.states("untold").at(-1)).toBe("SUCCESS");
  expect(queue.queue.job("untold")).toBeNull();
  expect(queue.alarmMs).toBeNull();
});
