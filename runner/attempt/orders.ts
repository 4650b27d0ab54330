/**
 * What the gateway's word changes in an attempt: pure, idempotent, and the same whether it came as a frame or as a
 * verdict in `welcome`.
 */
import type { DiskUse, FactKey } from "../../shared/protocol.ts";
import { acknowledgeExtension, extend } from "./extension.ts";
import { neverRan } from "./outcome.ts";
import { type Attempt, isUngranted, type Moment } from "./record.ts";
import { acknowledgeSuspension, orderSuspension, retellSuspension } from "./suspension.ts";

export type Order =
  | { is: "go" }
  | { is: "cancel" }
  | { is: "forget" }
  | { is: "ack"; fact: FactKey }
  /** The gateway lost what it had acknowledged (a restored queue): tell it all again. */
  | { is: "retell" }
  /** What `welcome` repeats. */
  | { is: "wall-time"; wallMs: number }
  | { is: "extend"; wallMs: number }
  | { is: "suspension"; n: number; wanted: boolean }
  /** The node's own word: it has written too much. */
  | { is: "over-disk"; disk: DiskUse };

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
      return acknowledge(attempt, order.fact);
    case "retell":
      return retell(attempt);
    case "wall-time":
      return order.wallMs > attempt.terms.wallMs ? extend(attempt, order.wallMs) : attempt;
    case "extend":
      return extend(attempt, order.wallMs);
    case "suspension":
      return orderSuspension(attempt, order.n, order.wanted);
    case "over-disk":
      return stopForDisk(attempt, order.disk, now);
    default:
      return order satisfies never;
  }
}

function retell(attempt: Attempt): Attempt {
  const { startedAcked, extended } = attempt;
  const suspension = retellSuspension(attempt.suspension);
  if (!startedAcked && extended?.acked !== true && suspension === attempt.suspension) {
    return attempt;
  }
  return { ...attempt, startedAcked: false, extended: extended && { ...extended, acked: false }, suspension };
}

/** What was never granted ends at once: nothing can be running. Later causes never replace the first. */
function cancel(attempt: Attempt, now: Moment): Attempt {
  if (attempt.outcome !== null || attempt.cause !== null) {
    return attempt;
  }
  const cancelled: Attempt = { ...attempt, cause: { kind: "cancelled", at: now } };
  return isUngranted(attempt) ? neverRan(cancelled, now, null) : cancelled;
}

function stopForDisk(attempt: Attempt, disk: DiskUse, now: Moment): Attempt {
  const isDue = attempt.started !== null && attempt.outcome === null && attempt.cause === null;
  return isDue ? { ...attempt, cause: { kind: "silence", at: now, disk } } : attempt;
}

function acknowledge(attempt: Attempt, fact: FactKey): Attempt {
  switch (fact.kind) {
    case "started":
      return attempt.startedAcked || attempt.started === null ? attempt : { ...attempt, startedAcked: true };
    case "extended":
      return acknowledgeExtension(attempt, fact.wallMs);
    case "suspended":
    case "resumed":
      return acknowledgeSuspension(attempt, fact.kind, fact.n);
    case "exited":
    case "not-started":
      // The acknowledgement of an end that is not ours to tell says nothing.
      return attempt.outcome?.kind === fact.kind ? { ...attempt, settled: "acked" } : attempt;
    default:
      return fact.kind satisfies never;
  }
}
