/** A runner that is not heard while it has started jobs: the user is told, and only `maxSilence` decides. */
import { describe, expect, test } from "vitest";
import { BACK_TEXT, LOST_TEXT, SILENT_TEXT } from "../../../../worker/queue/words.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const lines = (queue: QueueUnderTest) =>
  queue.core.told("1").flatMap(({ state, status }) => (state === undefined ? [status] : []));

test("after the lease the user is told once, and the job goes on", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  runner.fallSilent();

  await queue.pass(queue.times.leaseMs);
  expect(lines(queue)).toEqual([]);
  await queue.pass(6 * queue.times.leaseMs);

  expect(queue.times.leaseMs).toBe(90_000);
  expect(queue.core.told("1").at(-1)).toEqual({ status: SILENT_TEXT, expectedState: "RUNNING" });
  expect(lines(queue)).toEqual([SILENT_TEXT]);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
});

test("a runner that says hello again is told of at once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  runner.fallSilent();
  await queue.pass(queue.times.leaseMs + 10_000);

  await runner.reconnect([{ ref, phase: "running" }]);
  await queue.pass(10_000);

  expect(lines(queue)).toEqual([SILENT_TEXT, BACK_TEXT]);
});

test("pings that come again on the same socket are noticed within a lease", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  runner.fallSilent();
  await queue.pass(queue.times.leaseMs + 10_000);

  runner.speakAgain();
  await queue.pass(queue.times.leaseMs + 10_000);

  expect(lines(queue)).toEqual([SILENT_TEXT, BACK_TEXT]);
});

test("an unknown inventory is a sign of life", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  runner.fallSilent();
  await queue.pass(queue.times.leaseMs + 10_000);

  await runner.reconnect("unknown");
  await queue.pass(10_000);

  expect(lines(queue)).toEqual([SILENT_TEXT, BACK_TEXT]);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
});

test("a frame is a sign of life, also while no pings come", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  runner.fallSilent();

  await queue.pass(queue.times.leaseMs - 1_000);
  await runner.report();
  await queue.pass(queue.times.leaseMs);
  expect(lines(queue)).toEqual([]);
  await queue.pass(1_000);

  expect(lines(queue)).toEqual([SILENT_TEXT]);
});

test("a starting job is never started elsewhere, however long its runner is silent", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "starting");
  runner.fallSilent();
  const other = await aRunner(queue, { id: "runner-2" });

  await queue.pass(20 * HOUR);

  expect(other.offers()).toEqual([]);
  expect(queue.stateOf(queue.row("1"))).toBe("starting");
});

describe("given up", () => {
  test("by default when the job's remaining time and a day have passed", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, "running", aJob({ plan: { wallMs: 10 * HOUR } }));
    await queue.pass(4 * HOUR);
    runner.fallSilent();

    await queue.pass(6 * HOUR + DAY - 1);
    expect(queue.stateOf(queue.row("1"))).toBe("running");
    await queue.pass(1_000);

    expect(queue.core.told("1").at(-1)).toEqual({
      state: "FAILURE",
      status: LOST_TEXT,
      expectedDifferentState: true,
    });
  });

  test("after the product's own `maxSilence`, counted from the last sign of life", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, "running", aJob({ plan: { maxSilenceMs: 200_000 } }));
    await queue.pass(500_000);
    runner.fallSilent();

    await queue.pass(199_999);
    expect(queue.stateOf(queue.row("1"))).toBe("running");
    await queue.pass(1);

    expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
  });

  test("a job that was only granted as well", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    await bring(queue, runner, "starting", aJob({ plan: { maxSilenceMs: 200_000 } }));
    runner.fallSilent();

    await queue.pass(201_000);

    expect(queue.stateOf(queue.row("1"))).toBe("FAILURE");
    expect(queue.core.states("1")).toEqual(["FAILURE"]);
  });

  test("what its runner says afterwards changes nothing, and it may drop all", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running", aJob({ plan: { maxSilenceMs: 200_000 } }));
    runner.fallSilent();
    await queue.pass(201_000);

    expect(await runner.reconnect([{ ref, phase: "ended" }])).toEqual([{ ref, verdict: "forget" }]);
    await runner.fact(ref, anExit());
    await queue.pass(1_000);

    expect(runner.lastAnswer()).toBe("forget");
    expect(queue.core.states("1")).toEqual(["RUNNING", "FAILURE"]);
  });
});
