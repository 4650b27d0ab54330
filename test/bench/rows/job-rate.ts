/** Many jobs that do nothing, at a runner with two slots. */
import { alternate } from "../alternation.ts";
import { startPodman, startSite } from "../bench-site.ts";
import { podmanRate, productRate, SLOTS } from "../no-ops.ts";
import type { Row } from "../row.ts";

const WARM_UP = 6;
const JOBS = 200;

export const jobRate: Row = {
  number: 5,
  title: `${JOBS} jobs at ${SLOTS} slots`,
  async measure(conditions) {
    const site = await startSite(conditions, SLOTS);
    const podman = await startPodman(conditions);
    await productRate(site, WARM_UP);
    await podmanRate(podman, WARM_UP);
    const measured = await alternate(conditions.rounds, {
      ours: async () => ({ rate: await productRate(site, JOBS) }),
      podman: async () => ({ rate: await podmanRate(podman, JOBS) }),
    });
    const beside = { name: "the containers by Podman's API", value: measured.podman.rate };
    return [{ measure: jobRate.title, unit: "jobs/s", ours: measured.ours.rate, beside, goal: { atLeast: 0.9 } }];
  },
};
