/** Back to the queue: an offer that lapsed, was refused, or whose runner is not heard. */
import { expect, test } from "vitest";
import { advance, bring, type Stage } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, CLOSED } from "../../../support/queue/test-runner.ts";

test("an offer that nobody answers goes back to the queue, with a new attempt and its age", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "offered");
  const { acceptedAtMs } = queue.row("1");

  await queue.pass(queue.times.offerMs - 1);
  expect(runner.offers()).toHaveLength(1);
  await queue.pass(1);

  expect(runner.offers()).toEqual([ref, { ...ref, attempt: 2 }]);
  expect(queue.row("1").acceptedAtMs).toBe(acceptedAtMs);
});

test("a late offer is noticed by any message, also while the alarm is late", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "offered");
  const other = await aRunner(queue, { id: "runner-2" });
  queue.nowMs += queue.times.offerMs;
  queue.alarmMs = null;

  await other.report();

  expect(queue.row("1").attempt).toBe(2);
});

test("a refused offer is no try: however often, the job waits on", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.create(aJob());

  for (let round = 1; round <= 20; round++) {
    expect(runner.offered().attempt).toBe(round);
    await runner.refuse(runner.offered(), { code: "no_room" });
    await runner.report();
  }

  expect(queue.row("1")).toMatchObject({ attempt: 21, failedStarts: null });
  await queue.pass(1_000);
  expect(queue.core.taken).toEqual([]);
});

test("a runner that refused as busy gets nothing until it reports its capacity", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "offered");

  await runner.refuse(ref, { code: "no_room" });
  queue.create(aJob({ id: "2" }));
  await queue.pass(600_000);
  expect(runner.offers()).toEqual([ref]);

  await runner.report();
  expect(runner.offers().map(({ job }) => job)).toEqual(["1", "1", "2"]);
});

test("a job that one runner refused as busy goes to another at once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "offered");
  await runner.report(aCapacity({ change: CLOSED }));
  const other = await aRunner(queue, { id: "runner-2" });

  await runner.refuse(ref, { code: "closed" });

  expect(other.offers()).toEqual([{ ...ref, attempt: 2 }]);
});

test("a refusal brings the capacity as of now", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue, { cpu: 4 });
  const ref = await bring(queue, runner, "offered", aJob({ cpu: 4 }));
  runner.capacity = aCapacity({ cpu: 1 });

  await runner.refuse(ref, { code: "podman_failed" });
  await queue.pass(120_000);

  expect(runner.offers()).toEqual([ref]);
});

test.each([["offered"], ["claimed"]] as [Stage][])(
  "a job in `%s` goes back to the queue when its runner is silent for the lease; a granted one stays",
  async (stage) => {
    const queue = openQueue({ offerMs: 1_000_000 });
    const runner = await aRunner(queue, { cpu: 2 });
    await bring(queue, runner, "starting", aJob({ id: "granted" }));
    const ref = await bring(queue, runner, stage);
    runner.fallSilent();
    const other = await aRunner(queue, { id: "runner-2" });

    await queue.pass(queue.times.leaseMs);
    expect(queue.stateOf(queue.row("1"))).toBe(stage);
    await queue.pass(1_000);

    expect(other.offers()).toEqual([{ ...ref, attempt: 2 }]);
    expect(queue.stateOf(queue.row("granted"))).toBe("starting");
  },
);

test("a closed socket alone means nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");

  queue.loseLine(runner.line);
  await queue.pass(queue.times.leaseMs - 1);
  expect(queue.stateOf(queue.row("1"))).toBe("claimed");
  await runner.reconnect([{ ref, phase: "preparing" }]);
  await advance(runner, ref, "claimed", "running");

  expect(queue.row("1")).toMatchObject({ attempt: 1, place: { state: "running" } });
});
