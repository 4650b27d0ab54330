/** A job that does nothing, from its create to its exit at the gateway: what everything around the container costs. */
import { alternate } from "../alternation.ts";
import { startPodman, startSite } from "../bench-site.ts";
import { podmanLatency, productLatency } from "../no-ops.ts";
import type { Row } from "../row.ts";

const WARM_UP = 3;
const JOBS = 20;

export const jobLatency: Row = {
  number: 4,
  title: "create → exit stored at the gateway, p50",
  async measure(conditions) {
    const site = await startSite(conditions, 1);
    const podman = await startPodman(conditions);
    await productLatency(site, WARM_UP);
    await podmanLatency(podman, WARM_UP);
    const measured = await alternate(conditions.rounds, {
      ours: () => productLatency(site, JOBS),
      podman: () => podmanLatency(podman, JOBS),
    });
    const beside = { name: "the container by Podman's API", value: measured.podman.exit };
    const { exit, told } = measured.ours;
    return [
      { measure: jobLatency.title, unit: "ms", ours: exit, beside, goal: { atMost: 1.25 } },
      { measure: "create → SUCCESS at UCloud, p50", unit: "ms", ours: told, beside: null, goal: null },
    ];
  },
};
