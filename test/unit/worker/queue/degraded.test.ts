/** A machine that fails to start jobs: a broken one fails fastest, and must not eat the queue. */
import { expect, test } from "vitest";
import type { FailureCode } from "../../../../shared/failure.ts";
import { viewRunners } from "../../../../worker/queue/views.ts";
import { aDrain, aLoss, aResume } from "../../../support/queue/decisions.ts";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, CLOSED, STARTED, type TestRunner } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const BROKEN = "The machine's container engine could not start the job.";

const degradedOf = (queue: QueueUnderTest, id = "runner-1") =>
  viewRunners(queue.queue.state).find((runner) => runner.id === id)?.degraded ?? null;

const workspaceJob = (id: string, workspace = "user:alice") => aJob({ id, plan: { workspace } });

/** The runner refuses what it was offered last. */
async function failOffered(runner: TestRunner, code: FailureCode = "podman_failed"): Promise<string> {
  const ref = runner.offered();
  await runner.refuse(ref, { code });
  return ref.job;
}

/** One runner that has failed to start two jobs, which wait. */
async function aBrokenOne(queue: QueueUnderTest, cpu = 1): Promise<TestRunner> {
  const runner = await aRunner(queue, { cpu });
  queue.create(aJob({ id: "1" }), aJob({ id: "2" }));
  const [first, second] = cpu === 1 ? [] : runner.offers();
  if (first !== undefined && second !== undefined) {
    await runner.refuse(first, { code: "podman_failed" });
    await runner.refuse(second, { code: "podman_failed" });
    return runner;
  }
  await failOffered(runner);
  await failOffered(runner);
  return runner;
}

test("two failed starts in a row, of different jobs: it is shown with the reason and gets no offers", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue);

  expect(degradedOf(queue)).toEqual({ reason: BROKEN, since: queue.nowMs, probeAt: queue.nowMs + MINUTE });
  await queue.pass(MINUTE - 1);

  expect(runner.offers()).toHaveLength(2);
  expect(queue.events).toContainEqual({
    name: "runner.degraded",
    fields: { runner: "runner-1", code: "podman_failed" },
  });
});

test("the same job twice says nothing of the machine", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(aJob());

  for (let tries = 0; tries < 4; tries++) {
    await failOffered(runner);
    await queue.pass(30_000);
  }

  expect(degradedOf(queue)).toBeNull();
  expect(runner.offers().length).toBeGreaterThan(4);
});

test("a start in between makes it no row", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  await bring(queue, runner, "offered");
  await failOffered(runner);
  await bring(queue, runner, "done", aJob({ id: "2" }));
  await queue.pass(1_000);

  queue.terminate(aJob());
  queue.create(aJob({ id: "3" }));
  await failOffered(runner);

  expect(degradedOf(queue)).toBeNull();
});

const OF_NO_MACHINE: FailureCode[] = ["image_not_found", "program_not_found", "no_room", "closed", "restarted"];

test.each(OF_NO_MACHINE)("%s is no fault of the machine's, however often", async (code) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(aJob({ id: "1" }), aJob({ id: "2" }), aJob({ id: "3" }));

  for (const ref of runner.offers()) {
    await runner.refuse(ref, { code });
  }

  expect(degradedOf(queue)).toBeNull();
});

test.each([
  ["user:alice", "user:alice", false],
  ["user:alice", "user:bob", true],
])("registries that do not answer jobs of %s and %s: a user alone cannot degrade machines", async (a, b, expected) => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 1 });
  queue.create(workspaceJob("1", a), workspaceJob("2", b));

  await failOffered(runner, "registry_unavailable");
  await failOffered(runner, "registry_unavailable");

  expect(degradedOf(queue) !== null).toBe(expected);
});

test("starts that were granted and failed count as well", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  for (const id of ["1", "2"]) {
    const ref = await bring(queue, runner, "starting", aJob({ id }));
    await runner.fact(ref, { kind: "not-started", failure: { code: "network_failed" } });
  }
  expect(degradedOf(queue)).toMatchObject({ reason: "The job's network could not be set up." });
});

test("it is tried with one job at a time, after 1, 2, 4, 8 and 15 minutes", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue, 4);
  queue.create(aJob({ id: "3" }));
  const waits: number[] = [];

  for (let tries = 0; tries < 6; tries++) {
    const [offers, sinceMs] = [runner.offers().length, queue.nowMs];
    while (runner.offers().length === offers) {
      await queue.pass(500);
    }
    waits.push(Math.round((queue.nowMs - sinceMs) / MINUTE));
    expect(runner.offers()).toHaveLength(offers + 1);
    await failOffered(runner);
  }

  expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
});

test("while it prepares the job that it is tried with it gets no other, however long that takes", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue, 4);
  await queue.pass(MINUTE);
  const ref = runner.offered();
  await advance(runner, ref, "offered", "claimed");
  await queue.pass(60 * MINUTE);
  expect(runner.offers()).toHaveLength(3);

  await runner.ready(ref);
  await queue.pass(60 * MINUTE);
  expect(runner.offers()).toHaveLength(3);
});

test("a program that has started there heals it, and it gets all that fits", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue, 4);
  queue.create(aJob({ id: "3" }));
  await queue.pass(MINUTE);

  await advance(runner, runner.offered(), "offered", "running");

  expect(degradedOf(queue)).toBeNull();
  expect(runner.offers()).toHaveLength(5);
  expect(queue.events).toContainEqual({ name: "runner.recovered", fields: { runner: "runner-1" } });
});

test("a start from before the failures, told late, heals nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const old = await bring(queue, runner, "starting", aJob({ id: "old" }));
  await queue.pass(MINUTE / 2);
  for (const id of ["1", "2"]) {
    await bring(queue, runner, "offered", aJob({ id }));
    await failOffered(runner);
  }

  await runner.fact(old, { ...STARTED, agoMs: MINUTE / 2 });

  expect(degradedOf(queue)).not.toBeNull();
});

test("failures of jobs that were under way already make the wait no longer", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(...["1", "2", "3", "4"].map((id) => aJob({ id })));
  for (const ref of runner.offers()) {
    await runner.refuse(ref, { code: "podman_failed" });
  }
  expect(degradedOf(queue)?.probeAt).toBe(queue.nowMs + MINUTE);
});

test("an offer that the machine leaves as busy is the try, and the next one waits", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue);
  await queue.pass(MINUTE);
  await failOffered(runner, "no_room");
  await runner.report();
  expect(runner.offers()).toHaveLength(3);
  await queue.pass(2 * MINUTE);
  expect(runner.offers()).toHaveLength(4);
});

test("others take the jobs, and it is tried only with what they cannot take", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue);
  const other = await aRunner(queue, { id: "runner-2", cpu: 2 });
  await queue.pass(1_000);
  for (const ref of other.offers()) {
    await advance(other, ref, "offered", "running");
  }
  await queue.pass(MINUTE);
  expect(other.offers()).toHaveLength(2);
  expect(runner.offers()).toHaveLength(2);

  queue.create(aJob({ id: "3" }));

  expect(runner.offered().job).toBe("3");
});

test("it survives restarts of the queue and of the runner", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue);
  queue.restart({ keepsSockets: false });
  await runner.reconnect();
  await queue.pass(MINUTE / 2);
  expect(runner.offers()).toEqual([]);
  expect(degradedOf(queue)).not.toBeNull();
  await queue.pass(MINUTE / 2);
  expect(runner.offers()).toHaveLength(1);
});

test("an administrator's resume says that it was repaired; a drain or a loss does not", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue);
  queue.queue.heed(runner.id, aDrain(queue));
  expect(degradedOf(queue)).not.toBeNull();
  queue.queue.heed(runner.id, aLoss(queue));
  expect(degradedOf(queue)).not.toBeNull();

  await runner.reconnect();
  await queue.pass(2_000);
  expect(runner.offers()).toEqual([]);

  queue.queue.heed(runner.id, aResume(queue));

  expect(degradedOf(queue)).toBeNull();
  expect(runner.offers()).toHaveLength(1);
});

test("who waits for it reads why", async () => {
  const queue = openQueue();
  const runner = await aBrokenOne(queue);
  await queue.pass(MINUTE / 2);
  expect(queue.queue.job("1")?.waitsFor).toBe("its machines to be repaired: all fail to start jobs");
  await runner.report(aCapacity({ cpu: 1, change: CLOSED }));
  expect(queue.queue.job("1")?.waitsFor).toBe("its machines to take jobs again: all have closed");
  await runner.report(aCapacity({ cpu: 1 }));
  await queue.pass(MINUTE);
  await failOffered(runner);
  await queue.pass(MINUTE);

  const words = "the machines that could run this job fail to start jobs; now and then one is tried again.";
  expect(queue.core.told("2").at(-1)?.status).toBe(`Waiting: ${words}`);
});
