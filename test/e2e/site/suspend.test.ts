/** Suspended jobs through every real part: nothing of them moves, none of their time passes, and they can be stopped. */
import { beforeEach, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { containersOf, hasNoContainer } from "../../support/podman-containers.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY } from "../../support/site.ts";
import { COUNTING, COUNTS_PER_S, type SiteJob, script } from "../../support/site-job.ts";

const WALL_S = 5;
const PRODUCT = { category: CATEGORY, cpu: 1, memoryInGigs: 0.5, price: 1, stopGrace: 1 };

const site = sharedSite({
  products: [
    { ...PRODUCT, name: "example-compute-1" },
    { ...PRODUCT, name: "impatient", maxSuspend: 2 },
  ],
});

let runner: RunnerProcess;

beforeEach(async ({ task }) => {
  await runner?.kill();
  runner = await site().runner(`node-${task.id}`, { flags: ["--cpu", "1"] });
  await runner.start();
});

test("a suspended job makes no progress, and expires when it has really run for its time", async () => {
  const job = await suspended(await running({ timeAllocation: { hours: 0, minutes: 0, seconds: WALL_S } }));
  const before = job.count();
  await passes(WALL_S + 1);
  expect(job.count()).toBe(before);
  await job.resume();
  await job.counts(before + 5);
  await job.reaches("EXPIRED");
  expect(job.states()).toEqual(["RUNNING", "SUSPENDED", "RUNNING", "EXPIRED"]);
  expect(job.count()).toBeGreaterThan((WALL_S * COUNTS_PER_S) / 2);
  expect(job.starts()).toBe(1);
  await hasNoContainer(site().podman, job.id);
});

test("a suspended job is cancelled, and may say goodbye", async () => {
  const job = await running({
    argv: script("trap 'echo started >> /work/starts; exit 5' TERM; while :; do sleep 0.02; done"),
  });
  await suspended(job);
  await job.terminate();
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(["RUNNING", "SUSPENDED", "SUCCESS"]);
  // Its own goodbye is the second line.
  expect(job.starts()).toBe(2);
  await hasNoContainer(site().podman, job.id);
});

test("a suspended job that ignores TERM is killed after its grace", async () => {
  const job = await suspended(await running({ argv: script("trap '' TERM; while :; do sleep 0.02; done") }));
  await job.terminate();
  await job.reaches("SUCCESS");
  await hasNoContainer(site().podman, job.id);
});

test("a runner that is killed meanwhile finds it suspended, and its clock stood still", async () => {
  const job = await suspended(await running({ timeAllocation: { hours: 0, minutes: 0, seconds: WALL_S } }));
  const before = job.count();
  await runner.kill();
  await passes(WALL_S + 1);
  await runner.start();
  expect(await containersOf(site().podman, job.id)).toEqual(["paused"]);
  expect(job.count()).toBe(before);
  await job.resume();
  await job.counts(before + 5);
  await job.reaches("EXPIRED");
  expect(job.states()).toEqual(["RUNNING", "SUSPENDED", "RUNNING", "EXPIRED"]);
});

test("a gateway that is killed before the node has answered does not forget the order", async () => {
  const job = await running();
  runner.child.freeze();
  await job.suspend();
  await site().gateway.kill();
  await site().gateway.start();
  runner.child.thaw();
  await job.reaches("SUSPENDED");
  await job.terminate();
  await job.reaches("SUCCESS");
});

test("a pause ends by itself after the machine type's time, and its user reads why", async () => {
  const job = await running({ product: { id: "impatient", category: CATEGORY } });
  await suspended(job);
  await job.reaches("RUNNING");
  expect(job.lastText()).toBe("The job was suspended for as long as its machine type allows and goes on.");
  await job.terminate();
  await job.reaches("SUCCESS");
});

async function running(change: Parameters<ReturnType<typeof site>["job"]>[0] = {}): Promise<SiteJob> {
  const job = await site().job({ argv: COUNTING, ...change });
  await Promise.all([job.reaches("RUNNING"), job.begins()]);
  return job;
}

async function suspended(job: SiteJob): Promise<SiteJob> {
  await job.suspend();
  await job.reaches("SUSPENDED");
  expect(await containersOf(site().podman, job.id)).toEqual(["paused"]);
  return job;
}

/** Longer than the job's whole time: the machine's own clock goes on. */
async function passes(seconds: number): Promise<void> {
  const endMs = performance.now() + seconds * 1_000;
  await eventually(`${seconds} s pass`, () => (performance.now() >= endMs ? true : null));
}
