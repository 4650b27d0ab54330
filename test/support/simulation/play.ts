/**
 * Plays worlds one after the other and says which seed broke a promise, what happened in it and how to play it again.
 * `SIMULATION_SEED=n` plays that one alone, `SIMULATION_RUNS=n` so many. Odd and even seeds are two test files, so that
 * two processors share the work.
 */
import { expect } from "vitest";
import { World } from "./world.ts";

const RUNS = Number(process.env.SIMULATION_RUNS ?? 5_000);
const STEPS = 60;
const SEED = process.env.SIMULATION_SEED;
/** Ten times what a world takes on a slow machine. */
const WORLD_MS = 150;

export const DEADLINE_MS = 60_000 + RUNS * WORLD_MS;

export async function playSeeds(parity: "odd" | "even"): Promise<void> {
  const all = SEED === undefined ? Array.from({ length: RUNS }, (_, index) => index + 1) : [Number(SEED)];
  for (const seed of all.filter((one) => one % 2 === (parity === "odd" ? 1 : 0))) {
    const world = new World(seed);
    try {
      await world.run(STEPS);
      expect(world.problems(), `${howToReplay(seed)}\n${world.trace.join(" > ")}`).toEqual([]);
    } catch (error) {
      throw new Error(howToReplay(seed), { cause: error });
    } finally {
      world.close();
    }
  }
}

function howToReplay(seed: number): string {
  return `seed ${seed}; again: SIMULATION_SEED=${seed} npm run test:only -- --project unit simulation`;
}
