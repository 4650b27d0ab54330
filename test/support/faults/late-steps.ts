/**
 * Steps of a job's life that only a line which knows frames can hold open: one side has said something and the other has
 * not heard it. With those of job-steps.ts they are the whole life, each from both sides.
 */
import { hasEnded, running, type Stuck } from "../job-steps.ts";
import type { SiteJob } from "../site-job.ts";
import type { FaultSite } from "./fault-site.ts";
import type { Struck } from "./frame-line.ts";
import type { Way } from "./passage.ts";

type Reach = (scene: FaultSite) => Promise<Stuck>;

/** Held at the first such frame of a new job; `fresh`: its image has to be pulled. */
function atFrame(way: Way, look: RegExp, { fresh = false } = {}): Reach {
  return async ({ lines, job, registry }) => {
    const held = lines.frames.strike(way, look, "held");
    const one = await job(fresh ? { image: `${registry.host}/new/batch:${Date.now()}` } : {});
    await held.reached;
    return stuckAt(one, held);
  };
}

/** Held at Podman's side of a call about a job that has ended. */
function atRemoval(at: "call" | "answer"): Reach {
  return async (scene) => {
    const one = await aRunningJob(scene);
    const held = scene.gate.hold(new RegExp(`DELETE .*/containers/ucloud-${one.id}-`), at);
    one.end();
    await held.reached;
    return stuckAt(one, held);
  };
}

export const LATE_STEPS: Record<string, Reach> = {
  "accepted, and the gateway does not know it": atFrame("up", /"type":"accept"/),
  "ready, and the gateway does not know it": atFrame("up", /"type":"ready"/, { fresh: true }),
  "granted, and the runner does not know it": atFrame("down", /"type":"go"/),
  "started, and the gateway does not know it": atFrame("up", /"kind":"started"/),

  async "created, and the runner does not know it"({ gate, newJob, site }) {
    const one = newJob();
    const held = gate.hold(new RegExp(`POST .*/containers/create .*ucloud-${one.id}-`), "answer");
    await site.post(one);
    await held.reached;
    return stuckAt(one, held);
  },

  async "ended, and the runner has not been told"(scene) {
    const one = await aRunningJob(scene);
    scene.runner.child.freeze();
    one.end();
    return { job: one, release: () => scene.runner.child.thaw() };
  },

  async "told, and the runner does not know that it was heard"(scene) {
    const one = await aRunningJob(scene);
    const held = scene.lines.frames.strike("down", /"type":"ack".*"kind":"exited"/, "held");
    one.end();
    await Promise.all([held.reached, hasEnded(scene.runner, one)]);
    return stuckAt(one, held);
  },

  "acknowledged, and Podman has not been asked to remove it": atRemoval("call"),
  "removed, and the runner does not know it": atRemoval("answer"),
};

/** Running, and noted as a job of the test. */
export async function aRunningJob({ site, note }: FaultSite): Promise<SiteJob> {
  return note(await running(site));
}

function stuckAt(job: SiteJob, held: Pick<Struck, "open">): Stuck {
  return { job, release: () => held.open() };
}
