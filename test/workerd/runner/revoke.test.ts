/** Revoking a runner: at once on its live lines, in every category, and until each queue has confirmed it. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { JobQueue } from "../../../worker/index.ts";
import { evict } from "../support/evictions.ts";
import { callAsAdmin, expectError } from "../support/gateway.ts";
import { createJob, shownJob, startOffered } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { anEnrolledRunner, aWelcomedLine, type Runner, upgrade, upgradeToken } from "../support/runner-client.ts";

const CATEGORIES = ["example-compute", "other-compute"];
const FAREWELL = { type: "bye", reason: "revoked" };
const REVOKED = { code: 4403, reason: "revoked" };

const registry = () => env.REGISTRY.getByName("registry");
const anAllRounder = () => anEnrolledRunner({ categories: CATEGORIES });
const linesOf = (runner: Runner) => Promise.all(CATEGORIES.map((category) => aWelcomedLine(runner, category)));

async function revoke({ id }: Runner): Promise<[number, unknown]> {
  const response = await callAsAdmin(`/runners/${id}/revoke`, { reason: "stolen" });
  return [response.status, await response.json()];
}

function queueWithTrouble(): void {
  const trouble = new Error("the queue is being moved");
  vi.spyOn(JobQueue.prototype, "revoke").mockImplementation(function (this: JobQueue, ...given) {
    return this.summary().then(({ name }) => {
      if (name === "other-compute") {
        throw trouble;
      }
      return realRevoke.apply(this, given);
    });
  });
}
const realRevoke = JobQueue.prototype.revoke;

test("its lines are closed at once in every category, and it cannot come back", async () => {
  const runner = await anAllRounder();
  const lines = await linesOf(runner);
  const shown = { id: runner.id, name: "node-1", categories: CATEGORIES, drained: null, revoked: true, open: [] };
  expect(await revoke(runner)).toEqual([200, shown]);
  for (const line of lines) {
    expect(await line.next("bye")).toEqual(FAREWELL);
    expect(await line.closed).toEqual(REVOKED);
  }
  for (const category of CATEGORIES) {
    const token = await upgradeToken(runner, { category });
    await expectError(await upgrade({ token, category }), 403, "FORBIDDEN");
  }
  const { items } = JSON.parse(await (await callAsAdmin("/runners")).text());
  expect(items).toMatchObject([{ id: runner.id, connected: false, revoked: true }]);
});

test("another runner is not concerned", async () => {
  const other = await anEnrolledRunner({ name: "node-2" });
  const line = await aWelcomedLine(other);
  await revoke(await anAllRounder());
  await createJob();
  await line.next("offer");
});

test("a line that sleeps hears of it too", async () => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  await evict(queue());
  await revoke(runner);
  expect(await line.next("bye")).toEqual(FAREWELL);
  expect(await line.closed).toEqual(REVOKED);
});

test("what it has not started goes to another, what it runs has failed", async () => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  await createJob({ id: "1" });
  await startOffered(line);
  await createJob({ id: "2" });
  await line.next("offer");
  const other = await aWelcomedLine(await anEnrolledRunner({ name: "node-2" }));
  await revoke(runner);
  expect((await other.next("offer")).ref).toMatchObject({ job: "2", attempt: 2 });
  expect(await shownJob("1")).toMatchObject({ state: "FAILURE", runner: null });
});

test("the Registry tells a queue in trouble again until it has confirmed", async () => {
  const runner = await anAllRounder();
  const [first, second] = await linesOf(runner);
  queueWithTrouble();
  expect(await revoke(runner)).toMatchObject([202, { open: ["other-compute"] }]);
  expect(await first?.closed).toEqual(REVOKED);
  // The queue that has not heard of it yet still has the line, but a new one is refused.
  const token = await upgradeToken(runner, { category: "other-compute" });
  await expectError(await upgrade({ token, category: "other-compute" }), 403);

  expect(await runDurableObjectAlarm(registry())).toBe(true);
  expect(await revoke(runner)).toMatchObject([202, { open: ["other-compute"] }]);

  vi.restoreAllMocks();
  await evict(registry());
  expect(await runDurableObjectAlarm(registry())).toBe(true);
  expect(await second?.next("bye")).toEqual(FAREWELL);
  expect(await second?.closed).toEqual(REVOKED);
  expect(await revoke(runner)).toMatchObject([200, { open: [] }]);
  expect(await runDurableObjectAlarm(registry())).toBe(false);
});

test("it waits longer between its tries, at most a minute", async () => {
  const runner = await anAllRounder();
  queueWithTrouble();
  await revoke(runner);
  const waits: (number | null)[] = [];
  for (let tries = 0; tries < 9; tries++) {
    const atMs = await runInDurableObject(registry(), (_instance, { storage }) => storage.getAlarm());
    waits.push(atMs === null ? null : (atMs - Date.now()) / 1_000);
    await runDurableObjectAlarm(registry());
  }
  expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60]);
});

test("enrolling again lifts it in every category, also one that had not heard of it", async () => {
  const runner = await anAllRounder();
  queueWithTrouble();
  await revoke(runner);
  vi.restoreAllMocks();
  const again = await anAllRounder();
  expect(again.id).toBe(runner.id);
  await runDurableObjectAlarm(registry());
  await linesOf(again);
});

test("to revoke a runner twice is to revoke it once", async () => {
  const runner = await anAllRounder();
  const first = await revoke(runner);
  expect(await revoke(runner)).toEqual(first);
});
