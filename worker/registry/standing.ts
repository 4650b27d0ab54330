/** What an administrator has decided about a runner, beside its revocation. Pure: the Registry keeps and tells it. */
import type { Drained, Standing } from "../queue/api.ts";

export type Decision =
  /** `from`: only from then on. */
  | { kind: "drain"; reason: string; by: string; until: number | null; from?: number }
  | { kind: "resume" }
  | { kind: "lost"; reason: string };

const UNDECIDED: Standing = { word: 0, drained: null, lost: null };

export function decide(before: Standing | null, decision: Decision, nowMs: number): Standing {
  const known = before ?? UNDECIDED;
  // A later moment, and never that of the word before: by it queues tell which came last.
  const word = Math.max(nowMs, known.word + 1);
  const drained = drainedNow(known, nowMs);
  switch (decision.kind) {
    case "drain": {
      const { reason, by, until, from } = decision;
      const since = drained?.since ?? nowMs;
      return { ...known, word, drained: { reason, by, since, until, ...(from === undefined ? {} : { from }) } };
    }
    case "resume":
      return { ...known, word, drained: null };
    case "lost":
      return { word, drained, lost: { word, reason: decision.reason } };
    default:
      return decision satisfies never;
  }
}

/** A drain with an end is over by itself. */
export function drainedNow(standing: Standing | null, nowMs: number): Drained | null {
  const drained = standing?.drained ?? null;
  return drained?.until != null && drained.until <= nowMs ? null : drained;
}
