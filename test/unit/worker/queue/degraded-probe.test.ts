/** How a machine that fails to start jobs is tried again, and what heals it. */
import { expect, test } from "vitest";
import { aBrokenOne, degradedOf, failOffered } from "../../../support/queue/broken-machine.ts";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner, STARTED } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;

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
