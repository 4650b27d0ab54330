/**
 * `kill -9` of the runner and of Podman's service at each step of a job's life. The job ends as if nothing had happened,
 * and its own files prove that it began once.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Desk, STEPS, type Stuck } from "../../support/job-steps.ts";
import { hasNoContainer } from "../../support/podman-containers.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { SlowRegistry } from "../../support/slow-registry.ts";

let registry: SlowRegistry;
let desk: Desk;

const site = sharedSite(async () => {
  registry = await SlowRegistry.start();
  return { insecureRegistry: registry.host };
});

beforeAll(async () => {
  const gate = await site().gate("node-1");
  const runner = await site().runner("node-1", { podmanSocket: gate.socketPath, flags: ["--cpu", "1"] });
  desk = { site: site(), registry, runner, gate };
  await runner.start();
});

afterAll(async () => {
  await registry.stop();
});

const steps = Object.entries(STEPS);

describe("kill -9 of the runner", () => {
  test.each(steps)("while the job is %s", async (_step, reach) => {
    const stuck = await reach(desk);
    await desk.runner.kill();
    stuck.release();
    await desk.runner.start();
    await endsOnce(stuck);
  });
});

describe("kill -9 of Podman's service", () => {
  test.each(steps)("while the job is %s", async (_step, reach) => {
    const stuck = await reach(desk);
    await site().podman.kill();
    desk.gate.cut();
    await site().podman.restart();
    stuck.release();
    await endsOnce(stuck);
  });
});

async function endsOnce({ job }: Stuck): Promise<void> {
  await job.begins();
  job.end();
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  expect(job.lastText()).toBe("The job has finished processing!");
  await job.isAtGateway("SUCCESS");
  expect(job.starts()).toBe(1);
  await hasNoContainer(site().podman, job.id);
}
