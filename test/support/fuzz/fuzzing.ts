/** How long doors are fuzzed: the same cases each time, more of them by `FUZZ_RUNS`, others by `FUZZ_SEED`. */

const SEED = 20_261_125;
const RUNS = 100;

export type Fuzzing = { seed: number; numRuns: number };

/** `weight`: what one case of this door costs, compared with a call of a pure function. */
export function fuzzingOf(given: { FUZZ_RUNS?: string; FUZZ_SEED?: string }, weight = 1): Fuzzing {
  const runs = Number(given.FUZZ_RUNS || RUNS) / weight;
  return { seed: Number(given.FUZZ_SEED || SEED), numRuns: Math.max(10, Math.ceil(runs)) };
}
