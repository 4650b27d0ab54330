/** Rounds in which each side is measured once, the order turned from round to round: what drifts drifts for both. */
import { median } from "./statistics.ts";

/** One round's figures by name, such as `{ p50: 1.2, p99: 4 }`. */
export type Figures<F extends string> = Record<F, number>;

/** Of each side and figure the median of all rounds. */
export async function alternate<S extends string, F extends string>(
  rounds: number,
  sides: Record<S, () => Promise<Figures<F>>>,
): Promise<Record<S, Figures<F>>> {
  const names = Object.keys(sides) as S[];
  const seen = new Map<S, Figures<F>[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      seen.get(name)?.push(await sides[name]());
    }
  }
  return Object.fromEntries(names.map((name) => [name, medians(seen.get(name) ?? [])])) as Record<S, Figures<F>>;
}

function medians<F extends string>(rounds: Figures<F>[]): Figures<F> {
  const figures = Object.keys(rounds[0] ?? {}) as F[];
  const entries = figures.map((figure) => [figure, median(rounds.map((round) => round[figure]))]);
  return Object.fromEntries(entries) as Figures<F>;
}
