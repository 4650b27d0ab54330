/**
 * The real queue in thousands of random orders of create, offer, accept, ready, go, fact, cancel, drop, crash, eviction,
 * outage and redelivery. A failing seed is printed; `SIMULATION_SEED=n` plays it alone.
 */
import { expect, test } from "vitest";
import { World } from "../../../support/simulation/world.ts";

const RUNS = Number(process.env.SIMULATION_RUNS ?? 10_000);
const STEPS = 60;
const SEED = process.env.SIMULATION_SEED;

test("no order of events starts a container twice, forgets an end or tells UCloud out of order", {
  timeout: 600_000,
}, async () => {
  const seeds = SEED === undefined ? Array.from({ length: RUNS }, (_, index) => index + 1) : [Number(SEED)];
  for (const seed of seeds) {
    const world = new World(seed);
    try {
      await world.run(STEPS);
      const problems = world.problems();
      expect(problems, `seed ${seed}: ${SEED === undefined ? "" : world.trace.join(" > ")}`).toEqual([]);
    } finally {
      world.close();
    }
  }
});
