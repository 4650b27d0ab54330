/** How a queue says that it stands, and when. */
import { describe, expect, test } from "vitest";
import { promisedMs, type QueueSnapshot } from "../../../../worker/queue/snapshot.ts";
import { bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, CLOSED } from "../../../support/queue/test-runner.ts";

const NONE = { held: 0, queued: 0, offered: 0, claimed: 0, starting: 0, running: 0, suspended: 0 };

/** What the queue says when it is next to say something. */
async function said(queue: QueueUnderTest): Promise<QueueSnapshot> {
  queue.reports.length = 0;
  await queue.pass(queue.times.snapshotMs);
  const last = queue.reports.at(-1);
  if (last === undefined) {
    throw new Error("the queue has said nothing");
  }
  return last;
}

describe("it counts", () => {
  test.each<Stage>(["claimed", "starting", "running"])("a job that is %s", async (stage) => {
    const queue = openQueue();
    await bring(queue, await aRunner(queue), stage);

    expect((await said(queue)).jobs).toEqual({ ...NONE, [stage]: 1 });
  });

  test("a suspended job as suspended, and one that has ended not at all", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running");
    await bring(queue, runner, "done", aJob({ id: "2" }));
    queue.queue.suspend([aJob()], true);
    await runner.fact(ref, { kind: "suspended", n: 1, agoMs: 0 });

    expect((await said(queue)).jobs).toEqual({ ...NONE, suspended: 1 });
  });

  test("what waits, by its reason and since when", async () => {
    const queue = openQueue();
    const beganMs = queue.nowMs;
    queue.create(aJob(), aJob({ id: "2" }));
    expect((await said(queue)).waiting).toEqual([{ reason: "none_connected", jobs: 2, sinceMs: beganMs }]);

    const runner = await aRunner(queue, { cpu: 1 });
    await runner.accept(runner.offered());
    queue.create(aJob({ id: "3", productId: "large", cpu: 64 }));
    expect((await said(queue)).waiting).toEqual([
      { reason: "room", jobs: 1, sinceMs: beganMs },
      { reason: "none_big_enough", jobs: 1, sinceMs: beganMs + queue.times.snapshotMs },
    ]);
  });

  test("a job that waits out the pause after a failed start", async () => {
    const queue = openQueue({ snapshotMs: 100 });
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "claimed");
    await runner.refuse(ref, { code: "podman_failed" });

    expect(queue.row("1").place).toMatchObject({ state: "queued" });
    const { waiting, jobs } = await said(queue);
    expect([waiting.map(({ reason }) => reason), jobs.queued]).toEqual([["retry"], 1]);
  });

  test("final states that UCloud has not taken, since the jobs' ends", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, "running", aJob({ id: "2" }));
    await queue.pass(1_000);
    queue.core.trouble = { kind: "unavailable", status: 503 };
    await bring(queue, runner, "done");
    const endedMs = queue.nowMs;

    const snapshot = await said(queue);
    expect(snapshot).toMatchObject({ undelivered: { finals: 1, others: 0 }, oldestFinalMs: endedMs });
    expect(snapshot.failedTries).toBeGreaterThan(0);

    queue.core.trouble = null;
    await queue.pass(queue.times.retryMaxMs);
    expect(queue.reports.at(-1)).toMatchObject({ undelivered: { finals: 0 }, oldestFinalMs: null, failedTries: 0 });
  });

  test("since when the refresh token is refused", async () => {
    const queue = openQueue();
    queue.core.trouble = { kind: "refresh-refused" };
    await bring(queue, await aRunner(queue), "running");

    expect((await said(queue)).refreshRefusedSinceMs).toBe(queue.queue.state.settings.get().refreshRefusedSinceMs);
    expect(queue.reports.at(-1)?.refreshRefusedSinceMs).toBeGreaterThan(0);
  });

  test("runners by what they are", async () => {
    const queue = openQueue();
    await aRunner(queue, { id: "open" });
    await (await aRunner(queue, { id: "closed" })).report(aCapacity({ change: CLOSED }));
    const drained = { closed: { code: "drain", text: "drained by its operator" } };
    await (await aRunner(queue, { id: "drained" })).report(aCapacity({ change: drained }));
    queue.loseLine((await aRunner(queue, { id: "away" })).line);
    await aRunner(queue, { id: "gone" });
    queue.queue.revoke("gone");

    const { runners } = await said(queue);
    expect(runners).toEqual({ open: 1, closed: 1, drained: 1, disconnected: 1, revoked: 1 });
  });

  test("a runner that falls silent with a job, and the same one heard again", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, "running");
    await queue.pass(1_000);
    runner.fallSilent();
    await queue.pass(queue.times.leaseMs + 2 * queue.times.snapshotMs);
    expect(queue.reports.at(-1)).toMatchObject({ silentWithJobs: 1, runners: { silent: 1 } });

    runner.speakAgain();
    await queue.pass(queue.times.leaseMs + 2 * queue.times.snapshotMs);
    expect(queue.reports.at(-1)).toMatchObject({ silentWithJobs: 0, runners: { open: 1 } });
  });

  test("what is held, by kind and since when", async () => {
    const queue = openQueue();
    const beganMs = queue.nowMs;
    queue.queue.state.turn(() => {
      queue.queue.state.held.hold({ kind: "foreign", id: "1", incarnation: "", sinceMs: beganMs });
      queue.queue.state.held.hold({ kind: "foreign", id: "2", incarnation: "", sinceMs: beganMs + 1 });
    });

    expect((await said(queue)).held).toEqual([{ kind: "foreign", acts: 2, sinceMs: beganMs }]);
  });

  test("since when there is use that was not told", async () => {
    const queue = openQueue();
    queue.accounting.mode = "usage";
    const runner = await aRunner(queue);
    await bring(queue, runner, "running");
    const beganMs = queue.nowMs;
    expect((await said(queue)).usageSinceMs).toBe(beganMs);

    queue.accounting.trouble = { kind: "unavailable", status: 500 };
    await queue.pass(3 * queue.times.usageMs);
    expect(queue.reports.at(-1)?.usageSinceMs).toBe(beganMs);

    queue.accounting.trouble = null;
    await queue.pass(2 * queue.times.usageMs);
    expect(queue.reports.at(-1)?.usageSinceMs).toBeGreaterThan(beganMs + 3 * queue.times.usageMs);
  });
});

describe("it says so", () => {
  test("at the latest a minute after a change, and never without one", async () => {
    const queue = openQueue();
    expect(queue.alarmMs).toBeNull();
    const runner = await aRunner(queue);
    await queue.pass(queue.times.snapshotMs);
    expect(queue.reports).toHaveLength(1);
    expect(queue.alarmMs).toBeNull();

    await runner.report(aCapacity({ change: CLOSED }));
    expect(queue.alarmMs).toBe(queue.nowMs + queue.times.snapshotMs);
    await queue.pass(86_400_000);
    expect(queue.reports.map(({ runners }) => runners)).toEqual([{ open: 1 }, { closed: 1 }]);
  });

  test("once a minute under load", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue, { cpu: 100 });
    for (let second = 0; second < 130; second++) {
      await bring(queue, runner, "done", aJob({ id: `${second}` }));
      await queue.pass(1_000);
    }

    expect(queue.reports.length).toBeGreaterThanOrEqual(2);
    expect(queue.reports.length).toBeLessThanOrEqual(3);
  });

  test("again when its word did not arrive", async () => {
    const queue = openQueue();
    queue.isRegistryAway = true;
    await aRunner(queue);
    await queue.pass(queue.times.snapshotMs);
    expect(queue.reports).toHaveLength(0);
    expect(queue.events.map(({ name }) => name)).toContain("snapshot.unreported");

    queue.isRegistryAway = false;
    queue.create(aJob());
    await queue.pass(queue.times.snapshotMs);
    expect(queue.reports.at(-1)).toMatchObject({ runners: { open: 1 } });
  });

  test("of a queue that left memory after a change all the same", async () => {
    const queue = openQueue();
    await aRunner(queue);
    queue.restart({ keepsSockets: true });

    await queue.pass(queue.times.snapshotMs);
    expect(queue.reports.at(-1)).toMatchObject({ runners: { open: 1 } });
  });

  test("how late its alarm came", async () => {
    const queue = openQueue();
    await queue.queue.alarm(queue.nowMs - 42_000);

    expect(queue.reports.at(-1)).toMatchObject({ alarmLateMs: 42_000 });
  });

  test("before the alarm that it has promised could be missed, whatever happens", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue, { cpu: 100 });
    const promises: (number | null)[] = [];
    for (let round = 0; round < 40; round++) {
      await bring(queue, runner, round % 3 === 0 ? "done" : "running", aJob({ id: `${round}` }));
      await queue.pass(1_000 + ((round * 7_919) % 1_200_000));
      const last = queue.reports.at(-1);
      promises.push(last === undefined ? null : promisedMs(last));
      expect(queue.alarmMs === null || queue.alarmMs <= (promises.at(-1) ?? Infinity)).toBe(true);
      if (round % 3 !== 0) {
        queue.terminate(aJob({ id: `${round}` }));
      }
    }
    expect(promises.filter((promise) => promise !== null).length).toBeGreaterThan(30);
  });
});
