/**
 * More running time through every real part. The first limit passes unheeded, the second one ends the job, and neither
 * a gateway nor a runner that is killed in between changes when.
 */
import { beforeEach, expect, test } from "vitest";
import { hasNoContainer } from "../../support/podman-containers.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, type Site } from "../../support/site.ts";
import { COUNTING, COUNTS_PER_S, type SiteJob } from "../../support/site-job.ts";

const FIRST_S = 4;
const MORE_S = 6;
const MINUTE_MS = 60_000;

const site = sharedSite({
  products: [{ name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 0.5, price: 1, stopGrace: 1 }],
});

let runner: RunnerProcess;

beforeEach(async ({ task }) => {
  await runner?.kill();
  runner = await site().runner(`node-${task.id}`, { flags: ["--cpu", "1"] });
  await runner.start();
});

test("a job goes on past its first limit and expires at the second", async () => {
  const job = await running(site());
  await job.extend(MORE_S);
  await job.extend(MORE_S);
  await isToldTo(job);
  await isExpired(job);
});

test("a gateway that is killed before the node has answered does not forget it", async () => {
  // Long enough for the gateway to come back: the node has not heard of more.
  const job = await running(site(), 50);
  runner.child.freeze();
  await job.extend(MORE_S);
  await site().gateway.kill();
  await site().gateway.start();
  expect(job.timeAtUcloud()).toBeNull();
  runner.child.thaw();
  await isToldTo(job);
  await job.terminate();
  await job.reaches("SUCCESS");
});

test("a runner that is killed after it, and comes back past the first limit, keeps the second", async () => {
  const job = await running(site());
  await job.extend(MORE_S);
  await isToldTo(job);
  await runner.kill();
  await isPast(job, FIRST_S);
  await runner.start();
  await isExpired(job);
});

test("a job that is found past its longer time is stopped first and told as expired", async () => {
  const job = await running(site());
  await job.extend(MORE_S);
  await isToldTo(job);
  await runner.kill();
  await isPast(job, FIRST_S + MORE_S);
  expect(job.states()).toEqual(["RUNNING"]);
  await runner.start();
  await job.reaches("EXPIRED");
  await hasNoContainer(site().podman, job.id);
});

async function running(on: Site, seconds = FIRST_S): Promise<SiteJob> {
  const job = await on.job({ argv: COUNTING, timeAllocation: { hours: 0, minutes: 0, seconds } });
  await Promise.all([job.begins(), job.reaches("RUNNING")]);
  return job;
}

async function isExpired(job: SiteJob): Promise<void> {
  await job.reaches("SUCCESS", "FAILURE", "EXPIRED");
  expect(job.states()).toEqual(["RUNNING", "EXPIRED"]);
  // Counting takes some time of its own.
  expect(job.count()).toBeGreaterThan(((FIRST_S + MORE_S) * COUNTS_PER_S) / 2);
  await hasNoContainer(site().podman, job.id);
  expect(job.starts()).toBe(1);
}

/** Resolves when the job has run for longer than it was first given, as it counts itself. */
async function isPast(job: SiteJob, seconds: number): Promise<void> {
  await job.counts(seconds * COUNTS_PER_S);
}

async function isToldTo(job: SiteJob): Promise<void> {
  await site().ucloud.book.until(() => (job.timeAtUcloud() === MINUTE_MS ? true : null), "the longer time");
}
