/** A user's cancel in every phase of a job, through every real part: one end, in the same words, and nothing stays. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ucloudJob } from "../../support/batch-job.ts";
import { eventually } from "../../support/eventually.ts";
import { type Desk, running, STEPS } from "../../support/job-steps.ts";
import { hasNoContainer } from "../../support/podman-containers.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, SHORT_TIMES } from "../../support/site.ts";
import { type SiteJob, script } from "../../support/site-job.ts";
import { SlowRegistry } from "../../support/slow-registry.ts";

let registry: SlowRegistry;
let desk: Desk;

const site = sharedSite(async () => {
  registry = await SlowRegistry.start();
  const product = { name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 1, price: 1, stopGrace: 1 };
  // Nobody is silent for so long here: another sentence would be told.
  const times = { ...SHORT_TIMES, leaseMs: 60_000 };
  return { insecureRegistry: registry.host, products: [product], times };
});

beforeAll(async () => {
  const gate = await site().gate("node-1");
  const runner = await site().runner("node-1", { podmanSocket: gate.socketPath, flags: ["--cpu", "1"] });
  desk = { site: site(), registry, runner, gate };
  await runner.start();
});

afterEach(async () => {
  await eventually("UCloud has been told everything", async () => (await site().admin.isAllTold()) || null);
});

afterAll(async () => {
  await registry.stop();
});

const BEFORE_START = ["queued", "offered", "claimed, its image on the way"] as const;
test.each(BEFORE_START)("a job that is %s never begins", async (step) => {
  const { job, release } = await STEPS[step](desk);
  await job.terminate();
  await isCancelled(job, ["SUCCESS"]);
  release();
  // What comes next shows that the node has let go of it.
  await finishes(await site().job());
  expect(job.starts()).toBe(0);
  await hasNoContainer(site().podman, job.id);
});

const AROUND_START = [
  "granted, without a container",
  "starting, and Podman has not heard of it",
  "starting, and only Podman knows that it began",
] as const;
test.each(AROUND_START)("a job that is %s is stopped", async (step) => {
  const { job, release } = await STEPS[step](desk);
  await job.terminate();
  release();
  await job.reaches("SUCCESS");
  expect(job.lastText()).toBe("The job was cancelled.");
  expect(job.states().filter((state) => state !== "RUNNING")).toEqual(["SUCCESS"]);
  expect(job.starts()).toBeLessThanOrEqual(1);
  await hasNoContainer(site().podman, job.id);
});

test("a running program gets TERM and may say goodbye", async () => {
  const job = await site().job({
    argv: script("trap 'echo started >> /work/starts; exit 5' TERM; while :; do sleep 0.02; done"),
  });
  await job.begins();
  await job.reaches("RUNNING");
  await job.terminate();
  await isCancelled(job, ["RUNNING", "SUCCESS"]);
  // Its own goodbye is the second line.
  expect(job.starts()).toBe(2);
  await hasNoContainer(site().podman, job.id);
});

test("a running program that ignores TERM is killed after its grace", async () => {
  const job = await site().job({ argv: script("trap '' TERM; while :; do sleep 0.02; done") });
  await job.begins();
  await job.reaches("RUNNING");
  const askedMs = performance.now();
  await job.terminate();
  await isCancelled(job, ["RUNNING", "SUCCESS"]);
  expect(performance.now() - askedMs).toBeGreaterThan(900);
  await hasNoContainer(site().podman, job.id);
});

test("a job is cancelled twice and ends once", async () => {
  const job = await running(site());
  await Promise.all([job.terminate(), job.terminate()]);
  await job.terminate();
  await isCancelled(job, ["RUNNING", "SUCCESS"]);
});

test("a cancel while the runner is dead is heard by the next one", async () => {
  const job = await running(site());
  await desk.runner.kill();
  await job.terminate();
  await desk.runner.start();
  await isCancelled(job, ["RUNNING", "SUCCESS"]);
  await hasNoContainer(site().podman, job.id);
});

test("a cancel outlives the gateway's process", async () => {
  const { job, release } = await STEPS.offered(desk);
  release();
  await job.begins();
  desk.runner.child.freeze();
  await job.terminate();
  await site().gateway.kill();
  await site().gateway.start();
  desk.runner.child.thaw();
  await job.reaches("SUCCESS");
  expect(job.lastText()).toBe("The job was cancelled.");
  await hasNoContainer(site().podman, job.id);
});

test("a finished job stays as it is", async () => {
  const job = await site().job();
  await finishes(job);
  await job.terminate();
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  expect(job.lastText()).toBe("The job has finished processing!");
});

test("a job that only UCloud knows ends there, and its create finds it over", async () => {
  const job = site().newJob({ argv: script("true") });
  const { id, createdAt, product } = job.request;
  site().ucloud.book.add({ id, createdAt, product, owner: { createdBy: "user", project: null } }).isStored = true;
  const answer = await site().ucloud.terminate([ucloudJob(job.request)]);
  expect(answer).toEqual({ status: 200, body: { responses: [{}] } });
  await isCancelled(job, ["SUCCESS"]);

  const late = await site().ucloud.call("POST", "jobs", JSON.stringify({ items: [ucloudJob(job.request)] }));
  expect(late).toEqual({ status: 200, body: { responses: [null] } });
  await finishes(await site().job());
  expect(job.starts()).toBe(0);
});

async function isCancelled(job: SiteJob, states: string[]): Promise<void> {
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(states);
  expect(job.lastText()).toBe("The job was cancelled.");
}

async function finishes(job: SiteJob): Promise<void> {
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
}
