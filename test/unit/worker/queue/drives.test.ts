/** Jobs with files: who is offered them, which are refused at once, and what is said of those that wait. */
import { describe, expect, test } from "vitest";
import type { ServedDrive } from "../../../../shared/capacity.ts";
import { aMount } from "../../../support/plan.ts";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aCapacity, aRunner, CLOSED, TestRunner } from "../../../support/queue/test-runner.ts";

type Change = Parameters<typeof aJob>[0];

/** A job with a file of each of these drives. */
function aFileJob(drives: string[], change: Change = {}) {
  const mounts = drives.map((drive, index) => aMount({ drive, destination: `/work/${index}` }));
  return aJob({ ...change, plan: { ...change?.plan, mounts } });
}

/** A machine that serves these drives, some of them to certain workspaces only. */
async function aFileRunner(queue: QueueUnderTest, id: string, drives: (string | ServedDrive)[], cpu = 4) {
  const runner = new TestRunner(queue, { id });
  const served = drives.map((drive) => (typeof drive === "string" ? { id: drive } : drive));
  runner.capacity = aCapacity({ cpu, change: { drives: served } });
  await runner.hello();
  return runner;
}

const jobsAt = (runner: TestRunner) => runner.offers().map(({ job }) => job);

describe("a job is offered", () => {
  test("to the machine that has its drive, and its files go with the plan", async () => {
    const queue = openQueue();
    const plain = await aRunner(queue, { id: "a-plain" });
    const other = await aFileRunner(queue, "b-other", ["2"]);
    const having = await aFileRunner(queue, "c-having", ["1"]);

    queue.create(aFileJob(["1"]));

    expect([plain, other, having].map(jobsAt)).toEqual([[], [], ["1"]]);
    expect(having.line.heard("offer")[0]?.plan.mounts).toEqual(aFileJob(["1"]).plan.mounts);
  });

  test("only where all of its drives are", async () => {
    const queue = openQueue();
    const one = await aFileRunner(queue, "a", ["1"]);
    const both = await aFileRunner(queue, "b", ["2", "1"]);

    queue.create(aFileJob(["1", "2"]));

    expect([one, both].map(jobsAt)).toEqual([[], ["1"]]);
  });

  test("only where its workspace may use the drive", async () => {
    const queue = openQueue();
    const others = await aFileRunner(queue, "a", [{ id: "1", workspaces: ["project:x"] }]);
    const ours = await aFileRunner(queue, "b", [{ id: "1", workspaces: ["project:y", "user:alice"] }]);

    queue.create(aFileJob(["1"]));

    expect([others, ours].map(jobsAt)).toEqual([[], ["1"]]);
  });

  test("to a machine that has every drive, if it says nothing of this one by name", async () => {
    const queue = openQueue();
    const closed = await aFileRunner(queue, "a", ["*", { id: "1", workspaces: ["project:x"] }, "1"]);
    const open = await aFileRunner(queue, "b", ["*"]);

    queue.create(aFileJob(["1"]), aFileJob(["2"], { id: "2" }));

    expect(jobsAt(open)).toContain("1");
    expect(jobsAt(closed)).not.toContain("1");
  });

  test("as soon as a machine reports the drive", async () => {
    const queue = openQueue();
    const away = await aFileRunner(queue, "a", ["1"]);
    queue.loseLine(away.line);
    queue.create(aFileJob(["1"]));
    const near = await aRunner(queue, { id: "b" });
    expect(near.offers()).toEqual([]);

    await near.report(aCapacity({ change: { drives: [{ id: "1" }] } }));

    expect(jobsAt(near)).toEqual(["1"]);
  });

  test("also when an older one of its machine type and workspace waits for another drive", async () => {
    const queue = openQueue();
    const away = await aFileRunner(queue, "a", ["1"]);
    queue.loseLine(away.line);
    const near = await aFileRunner(queue, "b", ["2"]);

    queue.create(aFileJob(["1"], { id: "waits" }));
    await queue.pass(1);
    queue.create(aFileJob(["2"], { id: "goes" }), aJob({ id: "plain" }));

    expect(jobsAt(near).toSorted()).toEqual(["goes", "plain"]);
  });

  test("with its drives also after a start that failed", async () => {
    const queue = openQueue();
    const having = await aFileRunner(queue, "a", ["1"]);
    const plain = await aRunner(queue, { id: "b" });
    const ref = await bring(queue, having, "claimed", aFileJob(["1"]));

    await having.refuse(ref, { code: "drive_unavailable" });
    await queue.pass(2_000);

    expect(plain.offers()).toEqual([]);
    expect(having.offers()).toHaveLength(2);
  });
});

test("jobs with the same drives wait in one lane, others beside it, those without files where they always did", async () => {
  const queue = openQueue();
  const away = await aFileRunner(queue, "a", ["*"]);
  queue.loseLine(away.line);
  const lane = (id: string, drives: string[]) => {
    queue.create(aFileJob(drives, { id }));
    return queue.queue.state.ports.sql.rows("SELECT lane FROM job WHERE id = ?", id)[0]?.lane;
  };

  expect(lane("a", ["2", "1", "2"])).toBe("small+1+2|user:alice");
  expect(lane("b", ["1", "2"])).toBe("small+1+2|user:alice");
  expect(lane("c", ["1"])).toBe("small+1|user:alice");
  expect(lane("d", [])).toBe("small|user:alice");
});

describe("a create is refused", () => {
  const refused = { kind: "refused", index: 1, code: "drive_not_served" };
  const two = (drives: string[]) => [aJob({ id: "0" }), aFileJob(drives)];

  test("where no machine has the drive, and nothing of the call is stored", async () => {
    const queue = openQueue();
    expect(queue.queue.create(two(["1"]), null)).toEqual({ ...refused, drive: "1", isApart: false });
    await aFileRunner(queue, "a", ["2"]);

    expect(queue.queue.create(two(["1"]), null)).toEqual({ ...refused, drive: "1", isApart: false });

    expect([queue.queue.job("0"), queue.queue.job("1")]).toEqual([null, null]);
  });

  test("where the drive is another workspace's", async () => {
    const queue = openQueue();
    await aFileRunner(queue, "a", [{ id: "1", workspaces: ["project:x"] }]);

    expect(queue.queue.create(two(["1"]), null)).toEqual({ ...refused, drive: "1", isApart: false });
  });

  test("where no machine has all of its drives", async () => {
    const queue = openQueue();
    await aFileRunner(queue, "a", ["1"]);
    await aFileRunner(queue, "b", ["2"]);

    expect(queue.queue.create(two(["1", "2"]), null)).toEqual({ ...refused, drive: "2", isApart: true });
  });

  test("where the only machine with the drive was removed", async () => {
    const queue = openQueue();
    const runner = await aFileRunner(queue, "a", ["1"]);
    queue.queue.revoke(runner.id);

    expect(queue.queue.create(two(["1"]), null)).toMatchObject(refused);
  });
});

describe("a create is stored", () => {
  test.each([
    ["away", (queue: QueueUnderTest, runner: TestRunner) => queue.loseLine(runner.line)],
    ["closed", (_: QueueUnderTest, runner: TestRunner) => runner.report({ ...runner.capacity, ...CLOSED })],
  ])("where the machine with the drive is %s", async (_, happens) => {
    const queue = openQueue();
    await happens(queue, await aFileRunner(queue, "a", ["1"]));
    queue.restart({ keepsSockets: true });

    expect(queue.queue.create([aFileJob(["1"])], null)).toMatchObject({ kind: "stored", waiting: 1 });
  });

  test("that is a repeat, although the drive is gone by now", async () => {
    const queue = openQueue();
    const runner = await aFileRunner(queue, "a", ["1"]);
    queue.create(aFileJob(["1"]));
    await runner.report(aCapacity());

    expect(queue.queue.create([aFileJob(["1"])], null).kind).toBe("stored");
    expect(queue.queue.create([aFileJob(["1"], { createdAt: 5 })], null).kind).toBe("refused");
  });
});

test("what waits for a machine with its drive says so to its user and to administrators", async () => {
  const queue = openQueue();
  const away = await aFileRunner(queue, "a", ["1"]);
  queue.loseLine(away.line);
  await aFileRunner(queue, "b", [{ id: "1", workspaces: ["project:x"] }, "2"]);
  queue.create(aFileJob(["1"]), aFileJob(["2"], { id: "2", cpu: 99 }));

  await queue.pass(queue.times.waitingLineMs);

  const lines = ["1", "2"].map((id) => queue.core.told(id).map(({ status }) => status));
  expect(lines).toEqual([
    ["Waiting: none of the machines that are online has the drives of this job's files."],
    ["Waiting: none of the machines that are online is big enough for this job."],
  ]);
  expect(queue.queue.job("1")?.waitsFor).toBe("a machine with its drives: no connected one has them");
});

test("a row from before there were files waits as it did", async () => {
  const queue = openQueue();
  queue.create(aJob());
  const { terms } = queue.row("1");
  expect(terms).not.toHaveProperty("drives");

  const runner = await aRunner(queue);

  expect(jobsAt(runner)).toEqual(["1"]);
});
