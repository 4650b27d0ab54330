/** One row of the benchmark, and the lines of the table that it comes to. */

export type Bound = { atMost: number } | { atLeast: number };

export type Line = {
  measure: string;
  unit: string;
  ours: number;
  /** What was measured beside it in the same run; null: the goal is a figure of its own. */
  beside: { name: string; value: number } | null;
  /** For the ratio ours : beside, or without a floor or peer for the figure itself; null: for information. */
  goal: Bound | null;
};

export type Conditions = {
  rounds: number;
  /** Temporary, for everything that a row puts on the disk. */
  folder: string;
};

export type Row = { number: number; title: string; measure(conditions: Conditions): Promise<Line[]> };

export function ratioOf({ ours, beside }: Line): number | null {
  return beside === null ? null : ours / beside.value;
}

/** Null: there is no goal. */
export function isMet(line: Line): boolean | null {
  const { goal, ours } = line;
  const figure = ratioOf(line) ?? ours;
  if (goal === null) {
    return null;
  }
  return "atMost" in goal ? figure <= goal.atMost : figure >= goal.atLeast;
}
