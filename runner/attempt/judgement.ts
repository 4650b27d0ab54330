/**
 * After a look at the container: what becomes of the attempt and when to look again. Pure; used for containers we
 * started a moment ago and for those found after a restart of the process.
 */
import type { Finding } from "./finding.ts";
import { hasExited, neverRan, wasLost } from "./outcome.ts";
import type { Attempt, Moment } from "./record.ts";
import { judgeUnstarted } from "./start-once.ts";
import { foundAs } from "./suspension.ts";
import type { View } from "./view.ts";
import { startedMoment } from "./wall-clock.ts";

/** While an exit is written down the process is gone already; Podman takes milliseconds for it, a loaded one seconds. */
const UNCLEAR_MS = 3_000;
const LOOK_AGAIN_MS = 250;

export type LookKnown = { now: Moment; service: string | null; tail: string | null };
export type Judged = { attempt: Attempt; view: View };

export function judge(attempt: Attempt, before: View, finding: Finding, known: LookKnown): Judged {
  const view: View = { ...before, found: finding, lookAtMs: null, created: finding.is !== "vanished" };
  const { now, tail } = known;
  switch (finding.is) {
    case "vanished":
      return { attempt: wasLost(attempt, now, "vanished"), view };
    case "never-ran":
      return judgeNeverRan(attempt, view, finding, known);
    case "alive":
      return {
        attempt: foundAs(begun(attempt, finding.startedAtPodman, now), finding.paused, now),
        view: { ...view, unclearSinceMs: null },
      };
    case "exited":
      return { attempt: hasExited(attempt, finding, now, tail), view };
    case "unclear":
      return judgeUnclear(begun(attempt, finding.startedAtPodman, now), view, now);
    default:
      return finding satisfies never;
  }
}

function judgeUnclear(attempt: Attempt, view: View, now: Moment): Judged {
  const since = view.unclearSinceMs ?? now.uptimeMs;
  if (now.uptimeMs - since >= UNCLEAR_MS) {
    return { attempt: wasLost(attempt, now, "supervisor_killed"), view };
  }
  return { attempt, view: { ...view, unclearSinceMs: since, lookAtMs: now.uptimeMs + LOOK_AGAIN_MS } };
}

function judgeNeverRan(
  attempt: Attempt,
  view: View,
  finding: Extract<Finding, { is: "never-ran" }>,
  known: LookKnown,
): Judged {
  if (attempt.start === null || attempt.started !== null) {
    // It ran and Podman says that it never did: somebody made a new container of that name.
    return { attempt: attempt.started === null ? attempt : wasLost(attempt, known.now, "vanished"), view };
  }
  const judged = judgeUnstarted(attempt, attempt.start, finding, known);
  switch (judged.verdict) {
    case "look-again":
      return { attempt, view: { ...view, lookAtMs: known.now.uptimeMs + LOOK_AGAIN_MS } };
    case "start":
    case "await-go":
      return { attempt, view: { ...view, mayStart: true } };
    case "not-started":
      return { attempt: neverRan(attempt, known.now, judged.failure), view };
    case "discard":
      return { attempt, view: { ...view, discard: true } };
    default:
      return judged satisfies never;
  }
}

function begun(attempt: Attempt, startedAtPodman: number, now: Moment): Attempt {
  if (attempt.started !== null) {
    return attempt;
  }
  return { ...attempt, started: startedMoment(startedAtPodman, attempt.start?.calledAt ?? null, now) };
}
