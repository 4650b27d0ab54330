/** The way of a job to a runner: offered, claimed, granted. */
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

test("an offer carries the plan and the first attempt", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);

  queue.create(aJob());

  const { incarnation } = queue.row("1");
  const ref = { job: "1", incarnation, attempt: 1, rank: 0 };
  expect(runner.line.heard("offer")).toEqual([{ type: "offer", ref, plan: aJob().plan }]);
});

test("a job that waits is offered to the first runner that comes", async () => {
  const queue = openQueue();
  queue.create(aJob());

  const runner = await aRunner(queue);

  expect(runner.offers()).toHaveLength(1);
});

test("a runner with the image says so when it accepts, and is granted the start at once", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "offered");

  await runner.accept(ref, true);

  expect(runner.line.heard("go")).toEqual([{ type: "go", ref }]);
  expect(queue.stateOf(queue.row("1"))).toBe("starting");
});

test("a runner that pulls first is granted the start when it is ready", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "offered");

  await runner.accept(ref);
  expect(queue.stateOf(queue.row("1"))).toBe("claimed");
  expect(runner.line.heard("go")).toEqual([]);
  await runner.ready(ref);

  expect(runner.line.heard("go")).toEqual([{ type: "go", ref }]);
});

test("a claimed job stays claimed for as long as its pull takes", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "claimed");

  await queue.pass(2 * 3_600_000);

  expect(queue.stateOf(queue.row("1"))).toBe("claimed");
});

test("the start is on disk before `go` leaves: if it cannot be stored, nothing is said", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  queue.isDiskFull = true;

  await expect(runner.ready(ref)).rejects.toThrow("SQLITE_FULL");

  expect(runner.line.heard("go")).toEqual([]);
  queue.isDiskFull = false;
  queue.restart({ keepsSockets: true });
  expect(queue.stateOf(queue.row("1"))).toBe("claimed");
});

test("a runner that says `ready` again is told `go` again, for the same attempt", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "starting");

  await runner.ready(ref);
  await runner.accept(ref, true);

  expect(runner.line.heard("go").map((go) => go.ref)).toEqual([ref, ref, ref]);
});

test("a runner that says `ready` of a running job is not told `go`", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  const before = runner.line.heard("go").length;

  await runner.ready(ref);

  expect(runner.line.heard("go")).toHaveLength(before);
});

const LATE: [string, "accept" | "ready" | "refuse"][] = [
  ["accepts", "accept"],
  ["is ready for", "ready"],
  ["refuses", "refuse"],
];

test.each(LATE)(
  "a runner that %s an earlier attempt is told to forget it, and the next one is untouched",
  async (_, type) => {
    const queue = openQueue();
    const runner = await aRunner(queue);
    const old = await bring(queue, runner, "offered");
    await queue.pass(queue.times.offerMs);
    const next = runner.offered();
    expect(next).toEqual({ ...old, attempt: 2 });

    const said = {
      accept: () => runner.accept(old, true),
      ready: () => runner.ready(old),
      refuse: () => runner.refuse(old, { code: "image_not_found" }),
    };
    await said[type]();

    expect(runner.line.heard("forget")).toEqual([{ type: "forget", ref: old }]);
    expect(runner.line.heard("go")).toEqual([]);
    expect(queue.row("1")).toMatchObject({ attempt: 2, place: { state: "offered" } });
  },
);

test("a frame about a job of another runner is answered `forget` and changes nothing", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  const other = await aRunner(queue, { id: "runner-2" });

  await other.ready(ref);
  await other.accept(ref, true);
  await other.refuse(ref, { code: "image_not_found" });

  expect(other.line.heard("forget")).toHaveLength(3);
  expect(queue.row("1").place).toEqual({ state: "claimed", runner: runner.id });
});
