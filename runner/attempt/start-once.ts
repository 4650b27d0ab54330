/**
 * Start is not idempotent: Podman starts an exited container a second time, answers 204, and the program runs twice.
 *
 * So the grant is journalled, the call is journalled, start is called once, and its answer is journalled. After a call
 * without answer the container is looked at until it ran (then that is the fact). Only if it stayed as created for the
 * whole deadline of that call, or Podman's service was started anew since, and all that within one boot, does the grant
 * still hold.
 */
import type { Failure } from "../../shared/failure.ts";
import type { Finding } from "./finding.ts";
import type { Attempt, Moment, Start } from "./record.ts";

/** A start that never takes effect five times is an end: the container is removed and the job is told as lost. */
const MAX_STARTS = 5;

export type StartVerdict =
  | { verdict: "look-again" }
  /** The only case in which start may be called once more. */
  | { verdict: "start" }
  /** As created, and nobody has granted it: an adopted container without a journal. */
  | { verdict: "await-go" }
  | { verdict: "not-started"; failure: Failure }
  /** Remove the container first, so that a late start cannot take effect, and tell its end then. */
  | { verdict: "discard" };

/** After a look that found the container never to have run. */
export function judgeUnstarted(
  attempt: Attempt,
  start: Start,
  finding: Extract<Finding, { is: "never-ran" }>,
  known: { now: Moment; service: string | null },
): StartVerdict {
  if (typeof start.answer === "object") {
    // A start that was refused half way may have begun the program all the same.
    const certain = finding.clean && attempt.cause === null;
    return certain ? { verdict: "not-started", failure: start.answer } : { verdict: "discard" };
  }
  if (start.calledAt.bootId !== known.now.bootId) {
    return { verdict: "discard" };
  }
  if (!isCallOver(start, known)) {
    return { verdict: "look-again" };
  }
  if (attempt.cause !== null || !finding.clean || start.calls >= MAX_STARTS) {
    return { verdict: "discard" };
  }
  return attempt.go === null ? { verdict: "await-go" } : { verdict: "start" };
}

function isCallOver(start: Start, { now, service }: { now: Moment; service: string | null }): boolean {
  const anew = start.service !== null && service !== null && start.service !== service;
  return anew || now.uptimeMs >= start.calledAt.uptimeMs + start.startMs;
}
