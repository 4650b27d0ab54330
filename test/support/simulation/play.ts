/**
 * Plays worlds one after the other and says which seed broke a promise; `SIMULATION_SEED=n` plays that one alone,
 * `SIMULATION_RUNS=n` so many. Odd and even seeds are two test files, so that two processors share the work.
 */
import { expect } from "vitest";
import { World } from "./world.ts";

const RUNS = Number(process.env.SIMULATION_RUNS ?? 10_000);
const STEPS = 60;
const SEED = process.env.SIMULATION_SEED;

export async function playSeeds(parity: "odd" | "even"): Promise<void> {
  const all = SEED === undefined ? Array.from({ length: RUNS }, (_, index) => index + 1) : [Number(SEED)];
  for (const seed of all.filter((one) => one % 2 === (parity === "odd" ? 1 : 0))) {
    const world = new World(seed);
    try {
      await world.run(STEPS);
      const problems = world.problems();
      expect(problems, `seed ${seed}: ${SEED === undefined ? "" : world.trace.join(" > ")}`).toEqual([]);
    } finally {
      world.close();
    }
  }
}
