/**
 * What the gateway's word changes in an attempt: pure, idempotent, and the same whether it came as a frame or as a
 * verdict in `welcome`.
 */
import { neverRan } from "./outcome.ts";
import { type Attempt, isUngranted, type Moment } from "./record.ts";

export type Order =
  | { is: "go" }
  | { is: "cancel" }
  | { is: "forget" }
  | { is: "ack"; kind: "started" | "exited" | "not-started" }
  /** The gateway lost what it had acknowledged (a restored queue): tell it all again. */
  | { is: "retell" }
  | { is: "wall-time"; wallMs: number };

/** The same object if nothing changes. */
export function obey(attempt: Attempt, order: Order, now: Moment): Attempt {
  if (attempt.settled !== "no") {
    return attempt;
  }
  switch (order.is) {
    case "go":
      return attempt.go === null && attempt.outcome === null ? { ...attempt, go: now } : attempt;
    case "cancel":
      return cancel(attempt, now);
    case "forget":
      return { ...attempt, settled: "forgotten" };
    case "ack":
      return acknowledge(attempt, order.kind);
    case "retell":
      return attempt.startedAcked ? { ...attempt, startedAcked: false } : attempt;
    case "wall-time":
      return order.wallMs === attempt.terms.wallMs
        ? attempt
        : { ...attempt, terms: { ...attempt.terms, wallMs: order.wallMs } };
    default:
      return order satisfies never;
  }
}

/** What was never granted ends at once: nothing can be running. Later causes never replace the first. */
function cancel(attempt: Attempt, now: Moment): Attempt {
  if (attempt.outcome !== null || attempt.cause !== null) {
    return attempt;
  }
  const cancelled: Attempt = { ...attempt, cause: { kind: "cancelled", at: now } };
  return isUngranted(attempt) ? neverRan(cancelled, now, null) : cancelled;
}

function acknowledge(attempt: Attempt, kind: "started" | "exited" | "not-started"): Attempt {
  if (kind === "started") {
    return attempt.startedAcked || attempt.started === null ? attempt : { ...attempt, startedAcked: true };
  }
  // The acknowledgement of an end that is not ours to tell says nothing.
  return attempt.outcome?.kind === kind ? { ...attempt, settled: "acked" } : attempt;
}
