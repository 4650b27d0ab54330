/**
 * More running time, by the gateway's word: the whole of it, so that the same word twice extends once. It is journalled
 * before it is told, and a job whose end has a cause already is not kept from it.
 */
import type { Attempt } from "./record.ts";

/** A word that the node has heeded before is answered again: its gateway may have lost the answer. */
export function extend(attempt: Attempt, wallMs: number): Attempt {
  const { terms, cause, outcome, extended } = attempt;
  if (cause !== null || outcome !== null || wallMs < terms.wallMs) {
    return attempt;
  }
  if (wallMs === terms.wallMs && extended !== null && !extended.acked) {
    return attempt;
  }
  return { ...attempt, terms: { ...terms, wallMs }, extended: { wallMs, acked: false } };
}

export function acknowledgeExtension(attempt: Attempt, wallMs: number | undefined): Attempt {
  const { extended } = attempt;
  return extended === null || extended.acked || extended.wallMs !== wallMs
    ? attempt
    : { ...attempt, extended: { ...extended, acked: true } };
}
