/**
 * How an attempt ended, as the fact that will be told: the first cause that was journalled names it, whatever the exit
 * code says afterwards.
 */
import type { Failure } from "../../shared/failure.ts";
import type { Finding } from "./finding.ts";
import type { Attempt, Ended, Moment } from "./record.ts";
import { ranUntil, startedMoment } from "./wall-clock.ts";

/** It never ran: cancelled (or ended by another cause) before the start, or as `failure` says. */
export function neverRan(attempt: Attempt, now: Moment, failure: Failure | null): Attempt {
  if (attempt.cause === null && failure !== null) {
    return { ...attempt, outcome: { kind: "not-started", at: now, failure } };
  }
  const cause = attempt.cause?.kind ?? "lost";
  const reason = cause === "lost" ? "never_started" : null;
  return { ...attempt, outcome: ended(now, { cause, reason }) };
}

/** Nobody saw the end. A cause that was journalled before stays the cause. */
export function wasLost(attempt: Attempt, now: Moment, reason: NonNullable<Ended["reason"]>, ran?: number): Attempt {
  const ranFor = ran ?? (attempt.started === null ? null : ranUntil(attempt, attempt.started, null, now).ranMs);
  const cause = attempt.cause?.kind ?? "lost";
  return {
    ...attempt,
    outcome: ended(now, { cause, reason: cause === "lost" ? reason : null, ranMs: ranFor, ...diskOf(attempt) }),
    outputDue: attempt.started === null ? null : now,
  };
}

export function hasExited(
  attempt: Attempt,
  finding: Extract<Finding, { is: "exited" }>,
  now: Moment,
  tail: string | null,
): Attempt {
  const started = attempt.started ?? startedMoment(finding.startedAtPodman, attempt.start?.calledAt ?? null, now);
  const { ranMs, at } = ranUntil(attempt, started, finding.finishedAtPodman, now);
  const { exitCode, oom } = finding;
  const cause = attempt.cause?.kind ?? "exit";
  const outcome = ended(at, { cause, exitCode, oom, ranMs, tail, ...diskOf(attempt) });
  return { ...attempt, started, outcome, outputDue: now };
}

function diskOf({ cause }: Attempt): Pick<Ended, "disk"> {
  return cause?.disk === undefined ? {} : { disk: cause.disk };
}

function ended(at: Moment, known: Partial<Ended> & Pick<Ended, "cause">): Ended {
  return { kind: "exited", at, reason: null, exitCode: null, oom: false, ranMs: null, tail: null, ...known };
}
