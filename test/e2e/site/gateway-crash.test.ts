/**
 * `kill -9` of the gateway with a job at each step of its life. The gateway starts again on what is on disk, and every job
 * ends as if nothing had happened.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { wrangler } from "../../support/gateway-host.ts";
import { type Desk, hasEnded, running, STEPS, type Stuck } from "../../support/job-steps.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, SHORT_TIMES } from "../../support/site.ts";
import { UNTIL_TOLD } from "../../support/site-job.ts";
import { SlowRegistry } from "../../support/slow-registry.ts";

/** A power of two, so that shares add up to exactly what a runner gives. */
const CPU = 0.125;
const HELD = [
  "running",
  "claimed, its image on the way",
  "granted, without a container",
  "starting, and Podman has not heard of it",
  "starting, and only Podman knows that it began",
  "starting, and only Podman knows that it began and ended",
] as const;
const UNTOLD = "ended, and UCloud does not know it";
const UNHEARD = "ended, and the gateway does not know it";

let registry: SlowRegistry;
/** By the step in which the gateway died. */
const jobs = new Map<string, Stuck["job"]>();

const site = sharedSite(async () => {
  registry = await SlowRegistry.start();
  return {
    host: wrangler,
    insecureRegistry: registry.host,
    products: [{ name: "example-compute-1", category: CATEGORY, cpu: CPU, memoryInGigs: 0.1, price: 1 }],
    // What Podman holds is to stay held until the gateway is dead.
    times: { ...SHORT_TIMES, startMs: 60_000 },
  };
});

beforeAll(async () => {
  const stuck = new Map<string, Stuck>();
  const desk = await newDesk("node-1", HELD.length + 1);
  for (const step of HELD) {
    stuck.set(step, await STEPS[step](desk));
  }
  stuck.set(UNTOLD, await STEPS[UNTOLD](desk));
  await stuck.get(UNTOLD)?.job.isAtGateway("SUCCESS");
  // It takes the last room on this node.
  const unheard = await site().job({ argv: UNTIL_TOLD });
  await unheard.begins();
  stuck.set("offered", await STEPS.offered(await newDesk("node-2", 1)));
  const queued = await site().job({ argv: UNTIL_TOLD });
  await queued.isAtGateway("queued");
  stuck.set("queued", { job: queued, release: () => {} });
  site().gateway.freeze();
  unheard.end();
  await hasEnded(desk.runner, unheard);
  stuck.set(UNHEARD, { job: unheard, release: () => {} });

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

test.each([...HELD, UNTOLD, UNHEARD, "offered", "queued"])(
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

/** A node with room for so many jobs. */
async function newDesk(name: string, room: number): Promise<Desk> {
  const gate = await site().gate(name);
  const flags = ["--cpu", String(room * CPU)];
  const runner = await site().runner(name, { podmanSocket: gate.socketPath, flags });
  await runner.start();
  return { site: site(), registry, runner, gate };
}
