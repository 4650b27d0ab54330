/**
 * The life of one attempt on the node, as a pure decision: what is known in, one step out.
 *
 *   preparing ──image, container──▶ ready ──go──▶ granted ──start──▶ running ──exit──▶ ended ──ack──▶ closed
 *       └──────── cancel ─────────────┴─────────────┴───── stop ────────┘
 *
 * The execution does one step at a time and asks again, so a step never has to know how the attempt got here: after a
 * crash, an outage of Podman or a lost journal the same function goes on from whatever is true.
 */

import { neverRan } from "./outcome.ts";
import type { Attempt, Moment } from "./record.ts";
import { isUngranted } from "./record.ts";
import { type Heard, silenceDeadlineMs } from "./silence.ts";
import { nextSignal } from "./stop.ts";
import { suspensionLimitMs, suspensionStep } from "./suspension.ts";
import type { View } from "./view.ts";
import { wallDeadlineMs } from "./wall-clock.ts";

export type Step =
  /** Write it to the journal; asks nothing of Podman. */
  | { do: "record"; attempt: Attempt }
  | { do: "rest"; untilMs: number | null }
  | { do: "prepare" }
  | { do: "prolog" }
  | { do: "epilog" }
  | { do: "create" }
  | { do: "start" }
  | { do: "look" }
  | { do: "watch" }
  | { do: "signal"; signal: "TERM" | "KILL" }
  | { do: "pause" }
  | { do: "resume" }
  /** What the program wrote, for its user to find. */
  | { do: "save-output" }
  /** `close`: nothing stays of the attempt. `keep`: its end is not acknowledged yet. `discard`: then tell its end. */
  | { do: "remove"; after: "close" | "keep" | "discard" };

export type Known = { now: Moment; heard: Heard };

export function nextStep(attempt: Attempt, view: View, known: Known): Step {
  const step = dueStep(attempt, view, known);
  if (step.do === "record" || step.do === "rest" || known.now.uptimeMs >= view.notBeforeMs) {
    return step;
  }
  return rest(view.notBeforeMs, endDeadlineMs(attempt, known));
}

function dueStep(attempt: Attempt, view: View, known: Known): Step {
  if (attempt.outputDue !== null) {
    return { do: "save-output" };
  }
  if (attempt.settled !== "no") {
    return leave(attempt, view, known);
  }
  if (attempt.outcome !== null) {
    if (attempt.epilogDue) {
      return { do: "epilog" };
    }
    const useless = attempt.start === null && view.created && !view.removed;
    return useless ? { do: "remove", after: "keep" } : rest(null);
  }
  const ended = endByTime(attempt, known);
  if (ended !== null) {
    return { do: "record", attempt: ended };
  }
  if (attempt.started !== null) {
    return whileRunning(attempt, view, known);
  }
  return attempt.start === null ? beforeStart(attempt, view, known) : whileStarting(attempt, view, known);
}

function beforeStart(attempt: Attempt, view: View, { now }: Known): Step {
  if (attempt.cause !== null) {
    return { do: "record", attempt: neverRan(attempt, now, null) };
  }
  if (view.image === null) {
    return { do: "prepare" };
  }
  if (!view.prologDone) {
    return { do: "prolog" };
  }
  if (!view.created) {
    return { do: "create" };
  }
  return attempt.go === null ? rest(null) : { do: "start" };
}

/** Start was called and nobody knows yet whether it took effect. */
function whileStarting(attempt: Attempt, view: View, known: Known): Step {
  if (view.discard) {
    return { do: "remove", after: "discard" };
  }
  if (view.mayStart && attempt.go !== null && attempt.cause === null) {
    return { do: "start" };
  }
  if (view.lookAtMs !== null && view.lookAtMs <= known.now.uptimeMs) {
    return { do: "look" };
  }
  return rest(view.lookAtMs, endDeadlineMs(attempt, known));
}

function whileRunning(attempt: Attempt, view: View, known: Known): Step {
  const { now } = known;
  if (view.lookAtMs !== null && view.lookAtMs <= now.uptimeMs) {
    return { do: "look" };
  }
  const stopping = attempt.cause !== null || attempt.settled === "forgotten";
  const next = stopping ? nextSignal(attempt, view.killedMs, now.bootId) : null;
  if (next !== null && next.atMs <= now.uptimeMs) {
    return { do: "signal", signal: next.signal };
  }
  const suspension = stopping ? null : suspensionStep(attempt, view, now);
  if (suspension !== null) {
    return suspension;
  }
  if (!view.watching && view.watchAtMs <= now.uptimeMs) {
    return { do: "watch" };
  }
  const end = stopping ? null : endDeadlineMs(attempt, known);
  return rest(view.lookAtMs, next?.atMs ?? null, end, view.watching ? null : view.watchAtMs);
}

/** Acknowledged, or nobody wants to hear of it. What still runs gets its grace all the same: its files are the user's. */
function leave(attempt: Attempt, view: View, known: Known): Step {
  const mayRun = attempt.started !== null && attempt.outcome === null && view.found?.is !== "exited";
  if (mayRun) {
    return whileRunning(attempt, view, known);
  }
  return attempt.epilogDue ? { do: "epilog" } : { do: "remove", after: "close" };
}

/** The wall time or `maxSilence` is over, and no other cause was journalled before. */
export function endByTime(attempt: Attempt, known: Known): Attempt | null {
  if (attempt.cause !== null || attempt.outcome !== null || isUngranted(attempt)) {
    return null;
  }
  const { now, heard } = known;
  const wallMs = wallDeadlineMs(attempt, now.bootId);
  if (wallMs !== null && now.uptimeMs >= wallMs) {
    return { ...attempt, cause: { kind: "expired", at: now } };
  }
  const silenceMs = silenceDeadlineMs(attempt, heard, now.bootId);
  if (silenceMs !== null && now.uptimeMs >= silenceMs) {
    return { ...attempt, cause: { kind: "silence", at: now } };
  }
  return null;
}

function endDeadlineMs(attempt: Attempt, { now, heard }: Known): number | null {
  if (attempt.cause !== null || isUngranted(attempt)) {
    return null;
  }
  const silenceMs = silenceDeadlineMs(attempt, heard, now.bootId);
  return earliest(wallDeadlineMs(attempt, now.bootId), silenceMs, suspensionLimitMs(attempt));
}

function rest(...untilMs: (number | null)[]): Step {
  return { do: "rest", untilMs: earliest(...untilMs) };
}

function earliest(...times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
