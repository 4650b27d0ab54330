/**
 * The steps of a job's life, each reached and held there, so that something can be killed in the middle of it. A step is
 * known by what can be observed from outside; what is too short to be met is held open by Podman's gate, by a process
 * that is stopped, or by UCloud's silence.
 */
import { eventually } from "./eventually.ts";
import { containersOf } from "./podman-containers.ts";
import type { PodmanGate } from "./podman-gate.ts";
import type { RunnerProcess } from "./runner-process.ts";
import type { Site } from "./site.ts";
import { type SiteJob, UNTIL_TOLD } from "./site-job.ts";
import type { SlowRegistry } from "./slow-registry.ts";

/** A runner that has room for one job and nothing to do, with its gate to Podman. */
export type Desk = { site: Site; registry: SlowRegistry; runner: RunnerProcess; gate: PodmanGate };
/** `release` takes away what holds the job in its step. */
export type Stuck = { job: SiteJob; release(): void };

const REQUEST = { argv: UNTIL_TOLD };

export const STEPS = {
  async queued({ site }: Desk): Promise<Stuck> {
    const before = await running(site);
    const job = await site.job(REQUEST);
    await job.isAtGateway("queued");
    return { job, release: () => before.end() };
  },

  async offered({ site, runner }: Desk): Promise<Stuck> {
    // One that has just started takes jobs when Podman has listed its containers.
    await eventually("the runner takes jobs", async () => (await site.admin.areAllOpen()) || null);
    runner.child.freeze();
    const job = await site.job(REQUEST);
    await job.isAtGateway("offered");
    return { job, release: () => runner.child.thaw() };
  },

  async "claimed, its image on the way"({ site, registry }: Desk): Promise<Stuck> {
    const asked = registry.hold();
    const job = await site.job({ ...REQUEST, image: `${registry.host}/slow/batch:${Date.now()}` });
    await asked;
    await job.isAtGateway("claimed");
    return { job, release: () => registry.open() };
  },

  "granted, without a container": (desk: Desk) => heldByPodman(desk, "POST .*/containers/create .*ucloud-ID-", "call"),

  "starting, and Podman has not heard of it": (desk: Desk) =>
    heldByPodman(desk, "POST .*/containers/ucloud-ID-[^/]*/start", "call"),

  "starting, and only Podman knows that it began": (desk: Desk) =>
    heldByPodman(desk, "POST .*/containers/ucloud-ID-[^/]*/start", "answer"),

  async "starting, and only Podman knows that it began and ended"(desk: Desk): Promise<Stuck> {
    const stuck = await heldByPodman(desk, "POST .*/containers/ucloud-ID-[^/]*/start", "answer");
    await stuck.job.begins();
    stuck.job.end();
    await eventually(
      "its container has ended",
      async () => (await containersOf(desk.site.podman, stuck.job.id)).includes("exited") || null,
    );
    return stuck;
  },

  async running({ site }: Desk): Promise<Stuck> {
    return { job: await running(site), release: () => {} };
  },

  async "ended, and the gateway does not know it"({ site, runner }: Desk): Promise<Stuck> {
    const job = await running(site);
    site.gateway.freeze();
    job.end();
    await hasEnded(runner, job);
    return { job, release: () => site.gateway.thaw() };
  },

  async "ended, and UCloud does not know it"({ site }: Desk): Promise<Stuck> {
    const job = await running(site);
    const struck = site.ucloud.faults.set({ is: "down" });
    job.end();
    await struck;
    return { job, release: () => site.ucloud.faults.clear() };
  },

  async "told, and UCloud's answer is on the way"({ site }: Desk): Promise<Stuck> {
    const job = await running(site);
    site.ucloud.faults.set({ is: "answer-held" });
    job.end();
    await job.reaches("SUCCESS");
    return { job, release: () => site.ucloud.faults.clear() };
  },
};

/** Known to UCloud as running, and its program has begun. */
export async function running(site: Site): Promise<SiteJob> {
  const job = await site.job(REQUEST);
  await Promise.all([job.reaches("RUNNING"), job.begins()]);
  return job;
}

/** Resolves when the runner has written the end down. */
export async function hasEnded(runner: RunnerProcess, { id }: SiteJob): Promise<void> {
  await runner.child.line((line) => line.includes('"msg":"attempt.ended"') && line.includes(`"job":"${id}"`));
}

async function heldByPodman({ site, gate }: Desk, call: string, at: "call" | "answer"): Promise<Stuck> {
  const job = site.newJob(REQUEST);
  const held = gate.hold(new RegExp(call.replace("ID", job.id)), at);
  await site.post(job);
  await held.reached;
  await job.isAtGateway("starting");
  return { job, release: () => held.open() };
}
