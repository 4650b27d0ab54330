/**
 * One site for the faults of a file: lines that can go bad between all its parts, a runner to be tormented, and beside it
 * another one whose job must never notice. After each test the faults are taken away, everything comes to rest by
 * itself, every invariant is looked at, and a job as large as the machine still runs on it.
 */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { BatchJob } from "../batch-job.ts";
import type { PodmanGate } from "../podman-gate.ts";
import type { RunnerProcess } from "../runner-process.ts";
import { CATEGORY, SHORT_TIMES, Site, type SiteOptions } from "../site.ts";
import { type SiteJob, script } from "../site-job.ts";
import { SlowRegistry } from "../slow-registry.ts";
import { BadLine } from "./bad-line.ts";
import { FrameLine } from "./frame-line.ts";
import { brokenInvariants, comesToRest, PRINTED, type Scene } from "./invariants.ts";

const LARGE = { name: "example-compute-1", category: CATEGORY, cpu: 1, memoryInGigs: 1, price: 1 };
const SMALL = { name: "small", category: CATEGORY, cpu: 0.25, memoryInGigs: 0.1, price: 1 };

/** Prints lines until it is told to end, and keeps what it printed. */
export const PRINTING = script(
  `n=0; until [ -e /work/end ]; do n=$((n+1)); echo "line $n" | tee -a /work/${PRINTED}; sleep 0.05; done`,
);

export type FaultSite = {
  site: Site;
  registry: SlowRegistry;
  runner: RunnerProcess;
  gate: PodmanGate;
  lines: { gateway: BadLine; frames: FrameLine; ucloud: BadLine; calls: BadLine; podman: BadLine };
  /** Posted, followed to its end and looked at after the test. */
  job(change?: Partial<BatchJob>): Promise<SiteJob>;
  /** As `job`, before it is posted. */
  newJob(change?: Partial<BatchJob>): SiteJob;
};

type Options = { flags?: string[]; site?: SiteOptions };

/** What it returns may be used within tests and hooks only. */
export function faultSite(options: Options = {}): () => FaultSite {
  let current: FaultSite | null = null;
  let bystander: SiteJob | null = null;
  let jobs: SiteJob[] = [];
  const get = (): FaultSite => {
    if (current === null) {
      throw new Error("the site has not been started");
    }
    return current;
  };

  beforeAll(async () => {
    current = await build(options, (job) => jobs.push(job));
    bystander = await aBystander(current.site);
    await current.runner.start();
  }, 120_000);

  afterEach(async ({ task }) => {
    const { site, runner } = get();
    heal(get());
    const scene: Scene = { site, runners: [runner], jobs: jobs.splice(0) };
    try {
      await comesToRest(scene);
      expect(await brokenInvariants(scene)).toEqual([]);
      const after = await site.job();
      await after.reaches("SUCCESS");
    } catch (error) {
      console.error(task.name, await site.account());
      throw error;
    } finally {
      site.ucloud.book.violations.length = 0;
      jobs = [];
    }
  });

  afterAll(async () => {
    try {
      if (bystander !== null) {
        bystander.end();
        await bystander.reaches("SUCCESS");
        expect(bystander.states()).toEqual(["RUNNING", "SUCCESS"]);
        expect(bystander.starts()).toBe(1);
      }
    } finally {
      await current?.site.stop();
      await current?.registry.stop();
      await Promise.all(Object.values(current?.lines ?? {}).map((line) => line.stop()));
    }
  });
  return get;
}

async function build({ flags = [], site: given = {} }: Options, note: (job: SiteJob) => void): Promise<FaultSite> {
  const registry = await SlowRegistry.start();
  let ucloud: BadLine | null = null;
  const wayToUcloud = async (url: string) => {
    ucloud = await BadLine.to(url);
    return ucloud.url;
  };
  const products = [LARGE, SMALL];
  const site = await Site.start({
    ...{ times: SHORT_TIMES, products, insecureRegistry: registry.host, wayToUcloud },
    ...given,
  });
  const [gateway, calls] = await Promise.all([BadLine.to(site.gateway.url), BadLine.to(site.gateway.url)]);
  site.ucloud.gatewayUrl = calls.url;
  const frames = await FrameLine.to(gateway.url);
  const gate = await site.gate("gate");
  const podmanSocket = join(site.folder, "podman-line.sock");
  const podman = await BadLine.start({ path: gate.socketPath }, podmanSocket);
  const runner = await site.runner("node-1", {
    ...{ podmanSocket, gatewayUrl: frames.url },
    flags: ["--cpu", "1", ...flags],
  });
  const newJob = (change: Partial<BatchJob> = {}) => {
    const job = site.newJob({ argv: PRINTING, ...change });
    note(job);
    return job;
  };
  const job = async (change: Partial<BatchJob> = {}) => {
    const posted = newJob(change);
    await site.post(posted);
    return posted;
  };
  if (ucloud === null) {
    throw new Error("the gateway has another way to UCloud");
  }
  return { site, registry, runner, gate, lines: { gateway, frames, ucloud, calls, podman }, job, newJob };
}

/** On a machine of its own, too small for the jobs of the tests. */
async function aBystander(site: Site): Promise<SiteJob> {
  const runner = await site.runner("node-2", { flags: ["--cpu", "0.25"] });
  await runner.start();
  const job = await site.job({ argv: PRINTING, product: { id: SMALL.name, category: CATEGORY } });
  await Promise.all([job.reaches("RUNNING"), job.begins()]);
  return job;
}

/** Every fault ends; who was stopped goes on. What is dead stays dead: bringing it back is the test's part. */
function heal({ site, lines, registry, runner }: FaultSite): void {
  for (const line of [lines.gateway, lines.ucloud, lines.calls, lines.podman]) {
    line.heal();
  }
  site.ucloud.faults.clear();
  registry.open();
  runner.child.thaw();
  site.gateway.thaw();
  site.podman.thaw();
}
