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
  /** Temporary, on the disk. */
  folder: string;
  /**
   * Temporary, in memory: where gateway and floor keep their objects. On the platform a write is on several machines'
   * disks before its answer leaves, for either of them; here a slow disk would hide what they do beside it.
   */
  memory: string;
  /** The latest is undone first, whether the row succeeds or not. */
  atEnd(undo: () => unknown): void;
};

export type Row = {
  number: number;
  title: string;
  /** What is counted takes no harm from another row beside it. */
  isCounted?: boolean;
  measure(conditions: Conditions): Promise<Line[]>;
};

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
