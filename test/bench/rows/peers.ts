/** The same jobs by other queues: one that is known for its speed, and the one that clusters have. */
import { alternate } from "../alternation.ts";
import { startPodman, startSite } from "../bench-site.ts";
import { productLatency, productRate, SLOTS } from "../no-ops.ts";
import { startBullmq } from "../peers/bullmq.ts";
import { installPeers } from "../peers/installation.ts";
import { type Peer, peerLatency, peerRate } from "../peers/peer.ts";
import { startSlurm } from "../peers/slurm.ts";
import type { Line, Row } from "../row.ts";

const ALONE = 10;
const MANY = 200;
const WARM_UP = 4;

export const peers: Row = {
  number: 6,
  title: "beside BullMQ and Slurm",
  async measure(conditions) {
    const folder = installPeers();
    const site = await startSite(conditions, SLOTS);
    const podman = await startPodman(conditions);
    const bullmq = await startBullmq({ conditions, podman, peers: folder, slots: SLOTS });
    const slurm = await startSlurm({ conditions, podman, slots: SLOTS });
    await productRate(site, WARM_UP);
    await peerRate(bullmq, WARM_UP);
    await peerRate(slurm, WARM_UP);
    const measured = await alternate(conditions.rounds, {
      ours: async () => ({ ms: (await productLatency(site, ALONE)).exit, rate: await productRate(site, MANY) }),
      bullmq: () => figuresOf(bullmq),
      slurm: () => figuresOf(slurm),
    });
    const { ours } = measured;
    const line = (measure: string, part: "ms" | "rate", name: "bullmq" | "slurm", goal: Line["goal"]): Line => ({
      ...{ measure, unit: part === "ms" ? "ms" : "jobs/s", ours: ours[part], goal },
      beside: { name: name === "bullmq" ? "BullMQ" : "Slurm", value: measured[name][part] },
    });
    return [
      line("create → exit stored, p50", "ms", "bullmq", null),
      line("create → exit stored, p50", "ms", "slurm", { atMost: 1 }),
      line(`${MANY} jobs at ${SLOTS} slots`, "rate", "bullmq", { atLeast: 0.95 }),
      line(`${MANY} jobs at ${SLOTS} slots`, "rate", "slurm", { atLeast: 1 }),
    ];
  },
};

async function figuresOf(peer: Peer): Promise<{ ms: number; rate: number }> {
  return { ms: await peerLatency(peer, ALONE), rate: await peerRate(peer, MANY) };
}
