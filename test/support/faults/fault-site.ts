/**
 * One site for the faults of a file: lines that can go bad between all its parts, a runner to be tormented, and beside it
 * another one whose job must never notice. After each test the faults are taken away, everything comes to rest by
 * itself, every invariant is looked at, and a job as large as the machine still runs on it.
 */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, expect } from "vitest";
import type { BatchJob } from "../batch-job.ts";
import type { PodmanGate } from "../podman-gate.ts";
import type { RunnerProcess } from "../runner-process.ts";
import { CATEGORY, SHORT_TIMES, Site, type SiteOptions } from "../site.ts";
import { type SiteJob, script } from "../site-job.ts";
import { SlowRegistry } from "../slow-registry.ts";
import { BadLine } from "./bad-line.ts";
import { FrameLine } from "./frame-line.ts";
import { brokenInvariants, comesToRest, PRINTED, type Scene } from "./invariants.ts";

const run = promisify(execFile);

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
  /** One that was made elsewhere is followed and looked at too. */
  note(job: SiteJob): SiteJob;
};

type Options = {
  flags?: string[];
  site?: SiteOptions;
  /** The tormented runner's state folder is a file system of its own, in memory, with these options of mount. */
  disk?: string;
};

/** What it returns may be used within tests and hooks only. */
export function faultSite(options: Options = {}): () => FaultSite {
  let current: FaultSite | null = null;
  let bystander: SiteJob | null = null;
  const jobs: SiteJob[] = [];
  const get = (): FaultSite => {
    if (current === null) {
      throw new Error("the site has not been started");
    }
    return current;
  };

  const begin = async () => {
    current = await build(options, (job) => {
      jobs.push(job);
      return job;
    });
    bystander = await aBystander(current.site);
    await current.runner.start();
  };

  // Anew, where the test before could not leave it in order.
  beforeEach(async () => {
    if (current === null) {
      await begin();
    }
  }, 240_000);

  afterEach(async ({ task }) => {
    const scene: Scene = { site: get().site, runners: [get().runner], jobs: jobs.splice(0) };
    try {
      if (task.result?.state === "fail") {
        throw new Error("the test itself failed");
      }
      heal(get());
      await comesToRest(scene);
      expect(await brokenInvariants(scene)).toEqual([]);
      const after = await scene.site.job();
      await after.reaches("SUCCESS");
    } catch (error) {
      console.error(task.name, await scene.site.account());
      // The next test is not to suffer from this one.
      const spoilt = get();
      current = null;
      await end(spoilt);
      throw error;
    }
  });

  afterAll(async () => {
    if (current === null) {
      return;
    }
    try {
      if (bystander !== null) {
        bystander.end();
        await bystander.reaches("SUCCESS");
        expect(bystander.states()).toEqual(["RUNNING", "SUCCESS"]);
        expect(bystander.starts()).toBe(1);
      }
    } finally {
      await end(get());
    }
  });
  return get;
}

async function build({ flags = [], site: given = {}, disk }: Options, note: FaultSite["note"]): Promise<FaultSite> {
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
  const podmanSocket = join(site.folder, "podman-line.sock");
  const podman = await BadLine.start({ path: site.podman.socketPath }, podmanSocket);
  // The gate comes first, so that it knows at once when a runner has died.
  const gate = await site.gate("gate", podmanSocket);
  if (disk !== undefined) {
    await mountState(site, disk);
  }
  const runner = await site.runner("node-1", {
    ...{ podmanSocket: gate.socketPath, gatewayUrl: frames.url },
    flags: ["--cpu", "1", ...flags],
  });
  const newJob = (change: Partial<BatchJob> = {}) => note(site.newJob({ argv: PRINTING, ...change }));
  const job = async (change: Partial<BatchJob> = {}) => {
    const posted = newJob(change);
    await site.post(posted);
    return posted;
  };
  if (ucloud === null) {
    throw new Error("the gateway has another way to UCloud");
  }
  return { site, registry, runner, gate, lines: { gateway, frames, ucloud, calls, podman }, job, newJob, note };
}

async function mountState({ folder }: Site, disk: string): Promise<void> {
  const stateDir = join(folder, "node-1");
  await mkdir(stateDir, { mode: 0o700 });
  await run("mount", ["-t", "tmpfs", "-o", `${disk},mode=0700`, "tmpfs", stateDir]);
}

async function end({ site, registry, lines, runner }: FaultSite): Promise<void> {
  await runner.kill();
  // Where it is no file system of its own there is nothing to take away; its containers may still be in it.
  await run("umount", ["--lazy", runner.stateDir]).catch(() => {});
  await site.stop();
  await registry.stop();
  await Promise.all(Object.values(lines).map((line) => line.stop()));
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
