/** What UCloud is told of use: whole figures, regularly, of what runs and of what has ended. */
import { describe, expect, test } from "vitest";
import { advance, bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner, STARTED } from "../../../support/queue/test-runner.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const SITE = { maxQueueMs: 14 * DAY, fundsGraceMs: 3_600_000, units: 1 };

function anAccountedQueue(mode: "usage" | "charges" = "usage"): QueueUnderTest {
  const queue = openQueue();
  queue.accounting.mode = mode;
  return queue;
}

const figures = (queue: QueueUnderTest, scope = "job-1") =>
  queue.accounting.reports.flat().flatMap((bill) => (bill.scope === scope ? [bill.usage] : []));

test("while a job runs its whole figure is told every ten minutes, in core minutes that are rounded up", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running", aJob({ cpu: 2.5, site: { ...SITE, units: 2.5 } }));

  await queue.pass(30 * MINUTE + 1);

  expect(queue.times.usageMs).toBe(10 * MINUTE);
  expect(figures(queue)).toEqual([25, 50, 75]);
});

test("GPUs are counted where the site's rules say so, and the owner has its type", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  const owner = { createdBy: "alice", project: "p-1" };
  await bring(
    queue,
    runner,
    "running",
    aJob({ owner, site: { ...SITE, units: 3 }, plan: { workspace: "project:p-1" } }),
  );

  await queue.pass(10 * MINUTE);

  expect(queue.accounting.reports).toEqual([[{ owner, scope: "job-1", usage: 30 }]]);
});

test("a queue in which nothing ran tells nothing and has no alarm for it", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "claimed");
  await runner.refuse(ref, { code: "image_not_found" });

  await queue.pass(DAY);

  expect(queue.accounting.reports).toEqual([]);
  expect(queue.queue.state.settings.get().usageAtMs).toBeNull();
});

test("an ended job is charged to the node's own word of its end, however late it comes", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(9 * MINUTE);

  await runner.fact(ref, anExit({ agoMs: 5 * MINUTE - 1, ranMs: 4 * MINUTE }));
  await queue.pass(MINUTE);

  expect(figures(queue)).toEqual([5]);
});

test("a node that is not heard does not go on counting", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  await queue.pass(15 * MINUTE);
  runner.fallSilent();

  await queue.pass(45 * MINUTE);

  expect(figures(queue)).toEqual([10, 15, 15, 15, 15, 15]);
});

test("a figure never goes down, even if the node says later that it ended before", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(10 * MINUTE);

  await runner.fact(ref, anExit({ agoMs: 8 * MINUTE }));
  await queue.pass(10 * MINUTE);

  expect(figures(queue)).toEqual([10, 10]);
});

test("the last figure is told until it was answered after the end, and for a day more", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await runner.fact(ref, anExit());
  queue.accounting.trouble = { kind: "unavailable", status: 502 };
  await queue.pass(3 * DAY);
  const before = figures(queue).length;
  expect(before).toBeGreaterThan(100);
  queue.accounting.trouble = null;

  await queue.pass(20 * MINUTE);
  expect(figures(queue).length).toBeGreaterThan(before);
  await queue.pass(DAY);
  const after = figures(queue).length;
  await queue.pass(2 * DAY);

  expect(figures(queue)).toHaveLength(after);
  expect(queue.queue.state.usage.isEmpty()).toBe(true);
  expect(queue.queue.state.settings.get().usageAtMs).toBeNull();
});

test("a job that ends while its report is under way is owed another one", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  queue.accounting.meanwhile = () => runner.fact(ref, anExit());

  await queue.pass(10 * MINUTE);
  expect(queue.queue.state.usage.page({ id: "", incarnation: "" }, 9)).toMatchObject([{ isOwed: true }]);
  await queue.pass(10 * MINUTE);

  expect(queue.queue.state.usage.page({ id: "", incarnation: "" }, 9)).toMatchObject([{ isOwed: false }]);
});

test("an owner that UCloud does not know keeps nobody else's figure back", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue, { cpu: 16 });
  for (let index = 0; index < 9; index++) {
    const createdBy = `u${index}`;
    const owner = { createdBy, project: null };
    await bring(queue, runner, "running", aJob({ id: `j${index}`, owner, plan: { workspace: `user:${createdBy}` } }));
  }
  queue.accounting.unknown.add("u3");

  await queue.pass(10 * MINUTE);

  const told = Array.from({ length: 9 }, (_, index) => queue.accounting.booked.has(`job-j${index}`));
  expect(told).toEqual([true, true, true, false, true, true, true, true, true]);
  expect(queue.events.filter(({ name }) => name === "usage.refused")).toHaveLength(1);
});

test("more than five hundred jobs take several requests", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue, { cpu: 512 });
  for (let index = 0; index < 600; index++) {
    const ref = await bring(queue, runner, "running", aJob({ id: `j${index}` }));
    await runner.fact(ref, anExit());
  }

  await queue.pass(11 * MINUTE);

  expect(queue.accounting.booked.size).toBe(600);
  expect(queue.accounting.reports.map((bills) => bills.length)).toEqual([500, 100]);
});

test("an object that was taken from memory keeps its rhythm", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "running");
  await queue.pass(5 * MINUTE);
  queue.restart({ keepsSockets: true });

  await queue.pass(5 * MINUTE);

  expect(figures(queue)).toEqual([10]);
});

test("a second job with the same id has a scope of its own", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(15 * MINUTE);
  await runner.fact(ref, anExit());
  const second = await bring(queue, runner, "running", aJob({ createdAt: 2 }));

  await queue.pass(5 * MINUTE);

  const scopes = queue.accounting.reports.at(-1)?.map(({ scope, usage }) => [scope, usage]);
  expect(scopes).toContainEqual(["job-1", 15]);
  expect(scopes).toContainEqual([`job-1-${second.incarnation}`, 5]);
});

test("with accounting switched off nothing is kept and nothing told", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await bring(queue, runner, "done");

  await queue.pass(DAY);

  expect(queue.accounting.reports).toEqual([]);
  expect(queue.queue.state.usage.isEmpty()).toBe(true);
});

describe("in the older way", () => {
  test("each minute is charged once, by ids that begin where the last charge ended", async () => {
    const queue = anAccountedQueue("charges");
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running", aJob({ site: { ...SITE, units: 4 } }));
    const startMs = queue.nowMs;
    await queue.pass(25 * MINUTE);
    await runner.fact(ref, anExit());
    await queue.pass(DAY);

    const charges = queue.accounting.charges.flat();
    expect(charges.map(({ units, periods }) => [units, periods])).toEqual([
      [4, 10],
      [4, 10],
      [4, 5],
    ]);
    expect(charges.map(({ chargeId }) => chargeId)).toEqual(
      [0, 10, 20].map((minutes) => `1-${ref.incarnation}-${startMs + minutes * MINUTE}`),
    );
  });

  test("a charge whose answer was lost is repeated as it was, whatever has been used since", async () => {
    const queue = anAccountedQueue("charges");
    const runner = await aRunner(queue);
    const ref = await bring(queue, runner, "running");
    queue.accounting.isAnswerLost = true;
    await queue.pass(11 * MINUTE);
    queue.accounting.isAnswerLost = false;
    await queue.pass(20 * MINUTE);
    await advance(runner, ref, "running", "done");
    await queue.pass(30 * MINUTE);

    const [first, second] = queue.accounting.charges;
    expect(second).toEqual(first);
    expect(queue.accounting.chargedTo("1")).toBe(31);
  });
});

test("a start that is told again does not begin the figure anew", async () => {
  const queue = anAccountedQueue();
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  await queue.pass(5 * MINUTE);
  await runner.fact(ref, STARTED);

  await queue.pass(5 * MINUTE);

  expect(figures(queue)).toEqual([10]);
});
