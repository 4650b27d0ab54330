/** Our jobs against UCloud's: what it forgot, and what it shows as open. */
import { describe, expect, test } from "vitest";
import { forgetAll, held, runningJobs, stopped } from "../../../support/queue/forgotten.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { CATEGORY, openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const idsOf = (jobs: { id: string }[]) => jobs.map(({ id }) => id).toSorted();

describe("a running job that UCloud has forgotten", () => {
  test("is stopped and dropped after three noes, although there is nothing to tell of it", async () => {
    const queue = openQueue();
    const runner = await runningJobs(queue, 2);
    queue.core.jobs.delete("j1");

    await queue.pass(10 * MINUTE + 2 * (queue.times.forgottenMs / 2) - 2 * MINUTE);
    expect(stopped(runner)).toEqual([]);
    await queue.pass(3 * MINUTE);

    expect(stopped(runner)).toEqual(["j1"]);
    expect(queue.core.states("j1")).toEqual(["RUNNING"]);
    expect(queue.stateOf(queue.row("j0"))).toBe("running");
  });

  test("goes on when UCloud knows it again before the third", async () => {
    const queue = openQueue();
    const runner = await runningJobs(queue, 1);
    const job = queue.core.jobs.get("j0");
    forgetAll(queue);
    await queue.pass(10 * MINUTE + 1_000);
    expect(queue.row("j0").missing?.count).toBe(1);
    queue.core.jobs.set("j0", job ?? { createdAt: 0, owner: aJob().owner, product: { id: "", category: "" } });

    await queue.pass(HOUR);

    expect(queue.row("j0").missing).toBeNull();
    expect(stopped(runner)).toEqual([]);
  });

  test("has said no twice only, if UCloud was away in between for however long", async () => {
    const queue = openQueue();
    const runner = await runningJobs(queue, 1);
    forgetAll(queue);
    await queue.pass(10 * MINUTE);
    queue.core.trouble = { kind: "unavailable", status: 502 };
    await queue.pass(HOUR);
    queue.core.trouble = null;
    while (queue.row("j0").missing?.count === 1) {
      await queue.pass(10_000);
    }

    expect(queue.row("j0").missing?.count).toBe(2);
    expect(stopped(runner)).toEqual([]);
    await queue.pass(queue.times.forgottenMs);
    expect(stopped(runner)).toEqual(["j0"]);
  });

  test("is no reason to act while UCloud does not answer", async () => {
    const queue = openQueue();
    const runner = await runningJobs(queue, 1);
    forgetAll(queue);
    queue.core.trouble = { kind: "unavailable", status: 502 };

    await queue.pass(DAY);

    expect(stopped(runner)).toEqual([]);
    expect(queue.events.some(({ name }) => name === "reconcile.failed")).toBe(true);
  });
});

describe("a job that UCloud shows as open", () => {
  test("and that has ended here is told its end again, after what came before it", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running");
    await runner.fact(ref, anExit());
    await queue.pass(MINUTE);
    // UCloud was put back to a moment before it was told anything.
    queue.core.taken.length = 0;

    queue.queue.reconcileNow();
    await queue.pass(MINUTE);

    expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  });

  test("is left alone while its end is on the way", async () => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running");
    await queue.pass(10 * MINUTE - 100);
    await runner.fact(ref, anExit());
    await queue.pass(MINUTE);

    expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
    expect(held(queue)).toEqual([]);
  });

  test("and that was never accepted here is reported, and UCloud is told nothing of it", async () => {
    const queue = openQueue();
    queue.beKnown(aJob({ id: "theirs" }));
    queue.create(aJob());

    await queue.pass(11 * MINUTE);
    expect(held(queue)).toMatchObject([{ id: "theirs", state: "held: foreign" }]);
    queue.core.jobs.delete("theirs");
    await queue.pass(10 * MINUTE);

    expect(held(queue)).toEqual([]);
    expect(queue.core.told("theirs")).toEqual([]);
  });

  test("is not looked at in its first minute, nor when it is of another category", async () => {
    const queue = openQueue();
    queue.beKnown(aJob({ id: "young", createdAt: queue.nowMs + 9.5 * MINUTE }), aJob({ id: "other" }));
    const other = queue.core.jobs.get("other");
    queue.core.jobs.set("other", { ...(other ?? aJob()), product: { id: "small", category: "else" } });
    queue.create(aJob());

    await queue.pass(10 * MINUTE + 1_000);

    expect(held(queue)).toEqual([]);
  });

  test("is found on whichever page it is", async () => {
    const queue = openQueue();
    queue.core.pageSize = 3;
    const theirs = Array.from({ length: 40 }, (_, index) => aJob({ id: `t${10 + index}` }));
    queue.beKnown(...theirs);
    queue.create(aJob());

    await queue.pass(11 * MINUTE);

    expect(idsOf(held(queue))).toEqual(idsOf(theirs));
  });

  test("by the older version's own word is treated likewise", async () => {
    const queue = openQueue();
    const { createdAt, owner, productId } = aJob();
    const product = { id: productId, category: CATEGORY };
    queue.queue.verify([{ id: "9", createdAt, owner, product, state: "RUNNING" }]);

    expect(held(queue)).toMatchObject([{ id: "9", state: "held: foreign" }]);
  });
});

test("a queue in which nothing is open compares nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");
  await queue.pass(11 * MINUTE);
  const before = queue.core.browsed;

  await queue.pass(DAY);

  expect(queue.core.browsed).toBe(before);
});
