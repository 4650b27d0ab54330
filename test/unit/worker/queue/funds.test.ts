/** A workspace whose allocation is used up: told, refused, stopped, and asked about until it has funds again. */
import { expect, test } from "vitest";
import type { NewJob } from "../../../../worker/queue/api.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, type TestRunner } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const HOUR = 3_600_000;
const TICK = 10 * MINUTE;
const LONG = { wallMs: 10 * DAY };

const lines = (queue: QueueUnderTest, id = "1") =>
  queue.core.told(id).flatMap(({ state, status }) => (state === undefined ? [status] : []));

/** Alice's allocation is used up; her job runs. */
async function aBrokeWorkspace(
  mode: "usage" | "charges" = "usage",
  fundsGraceMs = HOUR,
): Promise<{ queue: QueueUnderTest; runner: TestRunner; ref: Awaited<ReturnType<typeof bring>> }> {
  const queue = openQueue();
  queue.accounting.mode = mode;
  queue.accounting.broke.add(mode === "usage" ? "alice" : "1");
  const runner = await aRunner(queue);
  const site = { maxQueueMs: 14 * DAY, fundsGraceMs, units: 1 };
  const ref = await bring(queue, runner, "running", aJob({ plan: LONG, site }));
  return { queue, runner, ref };
}

/** As the object does it. */
async function create(queue: QueueUnderTest, job: NewJob): Promise<string> {
  queue.beKnown(job);
  await queue.queue.askFunds([job.plan.workspace]);
  const answer = queue.queue.create([job], null);
  return answer.kind === "refused" ? answer.code : answer.kind;
}

const of = (name: string, id: string) =>
  aJob({ id, owner: { createdBy: name, project: null }, plan: { workspace: `user:${name}` } });

test("the first word of it is told to the users of what runs, once", async () => {
  const { queue } = await aBrokeWorkspace();

  await queue.pass(4 * TICK);

  expect(lines(queue)).toEqual([
    "The allocation of this workspace for this machine type is used up. The job will be stopped soon if there is no new one.",
  ]);
  expect(queue.stateOf(queue.row("1"))).toBe("running");
});

test("a job is stopped when every report of the grace said so, and its end says why", async () => {
  const { queue, runner, ref } = await aBrokeWorkspace();

  await queue.pass(TICK + HOUR - 1_000);
  expect(runner.line.heard("cancel")).toEqual([]);
  await queue.pass(TICK);
  expect(runner.line.heard("cancel")).toEqual([{ type: "cancel", ref }]);
  await runner.fact(ref, anExit({ cause: "cancelled", exitCode: 143 }));
  await queue.pass(1_000);

  expect(queue.core.states("1")).toEqual(["RUNNING", "SUCCESS"]);
  expect(queue.core.told("1").at(-1)?.status).toContain(
    "allocation of this workspace for this machine type is used up",
  );
});

test("a grace that is shorter than two ticks lasts two ticks", async () => {
  const { queue, runner } = await aBrokeWorkspace("usage", 1);

  await queue.pass(3 * TICK - 1_000);
  expect(runner.line.heard("cancel")).toEqual([]);
  await queue.pass(2_000);

  expect(runner.line.heard("cancel")).toHaveLength(1);
});

test("one good report within the grace begins it anew, and the users are told", async () => {
  const { queue, runner } = await aBrokeWorkspace();
  await queue.pass(5 * TICK);
  queue.accounting.broke.clear();
  await queue.pass(TICK);
  queue.accounting.broke.add("alice");

  await queue.pass(HOUR);

  expect(runner.line.heard("cancel")).toEqual([]);
  expect(lines(queue)).toHaveLength(3);
  expect(lines(queue)[1]).toContain("again");
});

test("creates are refused from the second word on, and only those of this workspace", async () => {
  const { queue } = await aBrokeWorkspace();
  await queue.pass(TICK + 1_000);
  expect(await create(queue, of("alice", "2"))).toBe("stored");
  await queue.pass(TICK);

  expect(await create(queue, of("alice", "3"))).toBe("not_enough_compute_credits");
  expect(await create(queue, of("bob", "4"))).toBe("stored");
});

test("a create that UCloud repeats is no new one", async () => {
  const { queue } = await aBrokeWorkspace();
  await queue.pass(TICK + 1_000);
  const job = of("alice", "2");
  await create(queue, job);
  await queue.pass(TICK);

  expect(await create(queue, job)).toBe("stored");
});

test("what waits of a workspace is stopped as well, without having run", async () => {
  const { queue } = await aBrokeWorkspace("usage", 1);
  const job = { ...of("alice", "2"), site: { maxQueueMs: 14 * DAY, fundsGraceMs: 1, units: 1 } };
  await create(queue, { ...job, plan: { ...job.plan, resources: { cpu: 64, memoryBytes: 1, gpu: 0 } } });

  await queue.pass(3 * TICK + 10_000);

  expect(queue.core.states("2")).toEqual(["SUCCESS"]);
});

test("before a create is refused UCloud is asked again, at most once a minute", async () => {
  const { queue } = await aBrokeWorkspace();
  await queue.pass(2 * TICK + 1_000);
  const before = queue.accounting.reports.length;
  for (let id = 10; id < 20; id++) {
    expect(await create(queue, of("alice", String(id)))).toBe("not_enough_compute_credits");
  }
  expect(queue.accounting.reports.length).toBe(before);

  queue.accounting.broke.clear();
  await queue.pass(MINUTE);

  expect(await create(queue, of("alice", "2"))).toBe("stored");
  expect(queue.accounting.reports.length).toBe(before + 1);
});

test.each(["usage", "charges"] as const)(
  "a workspace of which nothing is left to tell is asked about every tick (%s)",
  async (mode) => {
    const { queue, runner, ref } = await aBrokeWorkspace(mode);
    await queue.pass(2 * TICK + 1_000);
    await runner.fact(ref, anExit());
    await queue.pass(3 * DAY);
    expect(queue.queue.state.usage.allFunds()).toHaveLength(1);
    queue.accounting.broke.clear();

    await queue.pass(TICK);

    expect(queue.queue.state.usage.allFunds()).toEqual([]);
    expect(await create(queue, of("alice", "2"))).toBe("stored");
  },
);

test("trouble at UCloud is no word about funds", async () => {
  const { queue, runner } = await aBrokeWorkspace("usage", 1);
  await queue.pass(TICK + 1_000);
  queue.accounting.trouble = { kind: "unavailable", status: 500 };

  await queue.pass(DAY);

  expect(runner.line.heard("cancel")).toEqual([]);
  expect(await create(queue, of("alice", "2"))).toBe("stored");
});

test("another workspace's jobs go on", async () => {
  const { queue, runner } = await aBrokeWorkspace("usage", 1);
  const other = of("bob", "2");
  await bring(queue, runner, "running", { ...other, plan: { ...other.plan, ...LONG } });

  await queue.pass(HOUR);

  expect(runner.line.heard("cancel").map(({ ref: { job } }) => job)).toEqual(["1"]);
  expect(lines(queue, "2")).toEqual([]);
});
