/**
 * `kill -9` of the gateway with a job at each step of its life, each on a runner of its own. The gateway starts again on
 * what is on disk, and every job ends as if nothing had happened.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { type Desk, hasEnded, running, STEPS, type Stuck } from "../../support/job-steps.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, SHORT_TIMES } from "../../support/site.ts";
import { UNTIL_TOLD } from "../../support/site-job.ts";
import { SlowRegistry } from "../../support/slow-registry.ts";

const UNTOLD = "ended, and the gateway does not know it";
const ALONE = [
  "running",
  "claimed, its image on the way",
  "granted, without a container",
  "starting, and Podman has not heard of it",
  "starting, and only Podman knows that it began",
] as const;

let registry: SlowRegistry;
/** By the step in which the gateway died. */
const jobs = new Map<string, Stuck["job"]>();

const site = sharedSite(async () => {
  registry = await SlowRegistry.start();
  return {
    insecureRegistry: registry.host,
    // All jobs fit on the machine at once: each runner counts the others' containers.
    products: [{ name: "example-compute-1", category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1 }],
    // What Podman holds is to stay held until the gateway is dead.
    times: { ...SHORT_TIMES, startMs: 20_000 },
  };
});

beforeAll(async () => {
  const stuck = new Map<string, Stuck>();
  for (const step of ALONE) {
    stuck.set(step, await STEPS[step](await newDesk()));
  }
  const late = await newDesk();
  const untold = await running(site());
  const free = await newDesk();
  stuck.set("ended, and UCloud does not know it", await STEPS["ended, and UCloud does not know it"](free));
  // The runner whose job has ended is the only one with room.
  await stuck.get("ended, and UCloud does not know it")?.job.isAtGateway("SUCCESS");
  stuck.set("offered", await STEPS.offered(free));
  const queued = await site().job({ argv: UNTIL_TOLD });
  await queued.isAtGateway("queued");
  stuck.set("queued", { job: queued, release: () => {} });
  site().gateway.freeze();
  untold.end();
  await hasEnded(late.runner, untold);
  stuck.set(UNTOLD, { job: untold, release: () => {} });

  await site().gateway.kill();
  await site().gateway.start();
  for (const [step, { job, release }] of stuck) {
    release();
    jobs.set(step, job);
  }
}, 120_000);

afterAll(async () => {
  await registry.stop();
});

test.each([...ALONE, "ended, and UCloud does not know it", UNTOLD, "offered", "queued"])(
  "a job that was %s when the gateway was killed ends once",
  async (step) => {
    const job = jobs.get(step);
    expect(job).toBeDefined();
    await job?.begins();
    job?.end();
    await job?.reaches("SUCCESS");
    expect(job?.states()).toEqual(["RUNNING", "SUCCESS"]);
    expect(job?.starts()).toBe(1);
    await job?.isAtGateway("SUCCESS");
  },
);

test("a job whose end UCloud has taken without the gateway knowing ends once", async () => {
  const job = await running(site());
  site().ucloud.faults.set({ is: "answer-held" });
  job.end();
  await job.reaches("SUCCESS");
  await site().gateway.kill();
  site().ucloud.faults.clear();
  await site().gateway.start();
  await eventually("the end is told again", async () => (await site().admin.isAllTold()) || null);
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  expect(job.starts()).toBe(1);
});

/** With a runner of its own, the only one that has room. */
async function newDesk(): Promise<Desk> {
  const name = `node-${crypto.randomUUID().slice(0, 8)}`;
  const gate = await site().gate(name);
  const runner = await site().runner(name, { podmanSocket: gate.socketPath, flags: ["--cpu", "0.2"] });
  await runner.start();
  return { site: site(), registry, runner, gate };
}
