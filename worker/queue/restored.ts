/**
 * A queue that was put back to an earlier moment, or filled from a copy, does not know what has happened since: a job that
 * it has as waiting may run on a machine that is not back yet, or may be over. So nothing is offered until an
 * administrator says so, and nothing is told or charged until UCloud was asked about every job of before.
 */
import type { CoreJob, Unanswered } from "../ucloud/control.ts";
import { dropOrHold, noteBirth } from "./brake.ts";
import type { Key } from "./columns.ts";
import { forgetting } from "./ending.ts";
import { type At, isDone, type Job, type Outcome, type Step, sameIdentity, wasGranted } from "./job.ts";
import { unknownRunner } from "./runner-store.ts";
import type { QueueState } from "./state.ts";
import { note } from "./timeline.ts";

/** Holds what UCloud has seen running, until its machine names it. No runner has such an id. */
export const UNKNOWN_MACHINE = "unknown";
const FIRST: Key = { id: "", incarnation: "" };

/** Also of one that is looked through already: it begins anew. A pause of before stays as it is. */
export function noteRestored(state: QueueState, given: { reason: string | null; by: string }, at: At): void {
  const { paused } = state.settings.get();
  noteBirth(state, at, true);
  state.comparison = null;
  state.settings.set({
    paused: paused ?? { ...given, since: at.nowMs },
    restored: { sinceMs: at.nowMs, after: FIRST },
    reconcileAtMs: at.nowMs,
  });
  state.outbox.event("queue.restored", { category: state.ports.category, by: given.by });
}

/** Whether jobs are still to be compared: until then UCloud is told nothing. */
export function isUncompared(state: QueueState): boolean {
  return state.settings.get().restored !== null;
}

/** One request at most; null: it was answered, or there was nothing left to ask. */
export async function compareNext(state: QueueState): Promise<Unanswered | null> {
  const { restored } = state.settings.get();
  if (restored === null) {
    return null;
  }
  const [job] = state.jobs.openAfter(restored.after, restored.sinceMs, 1);
  if (job === undefined) {
    state.turn(() => {
      state.settings.set({ restored: null });
      state.outbox.event("queue.compared", { category: state.ports.category });
    });
    return null;
  }
  const answer = job.mute ? ({ kind: "absent" } as const) : await state.ports.control.retrieve(job.id);
  if (answer.kind !== "ok" && answer.kind !== "absent") {
    return answer;
  }
  state.turn((at) => {
    const row = state.jobs.get(job);
    if (row !== null && answer.kind === "ok") {
      settleCompared(state, row, answer.job, at);
    }
    const now = state.settings.get().restored;
    // Put back once more meanwhile: then it begins anew.
    if (now !== null && now.sinceMs === restored.sinceMs) {
      state.settings.set({ restored: { ...now, after: { id: job.id, incarnation: job.incarnation } } });
    }
  });
  return null;
}

/** What UCloud does not know is left to the regular comparison, which asks more than once and is under the brake. */
function settleCompared(state: QueueState, row: Job, theirs: CoreJob, at: At): void {
  if (!sameIdentity(row, theirs)) {
    dropOrHold(state, { before: row }, at);
    return;
  }
  const { state: shown } = theirs;
  if (shown === "SUCCESS" || shown === "FAILURE" || shown === "EXPIRED") {
    if (isDone(row) && row.telling.told === shown) {
      return;
    }
    state.take(row, endedAtUcloud(row, shown, at));
    state.usage.remove(row);
    return;
  }
  const hasRun = shown === "RUNNING" || shown === "SUSPENDED";
  const told = hasRun ? shown : null;
  const startedAtMs = row.startedAtMs ?? (hasRun ? (theirs.startedAt ?? at.nowMs) : null);
  const compared: Job = {
    ...row,
    startedAtMs,
    telling: { ...row.telling, told, update: null, noes: null, confirmed: true },
  };
  state.save(row, hasRun ? seenRunning(state, compared, at) : compared);
}

/** The first end that UCloud took stays: it would let another one win. */
function endedAtUcloud(row: Job, outcome: Outcome, at: At): Step {
  const noted = note(row, at.nowMs, `UCloud shows the end ${outcome}`);
  const ranOn = wasGranted(row.place) ? row.place.runner : null;
  const ended = { endedAtMs: at.nowMs, owedBy: null, ranOn, ...(row.place.state === "done" ? row.place : {}) };
  const text = "The job had ended before the provider was restored.";
  const job: Job = {
    ...noted,
    place: { ...ended, state: "done", outcome, text },
    telling: { ...noted.telling, told: outcome, update: null, noes: null },
  };
  return { job, send: forgetting(row) };
}

/** Its program began after the moment of the copy: it may run on any machine, so no other one may start it. */
function seenRunning(state: QueueState, job: Job, at: At): Job {
  if (isDone(job)) {
    return job;
  }
  if (wasGranted(job.place)) {
    return { ...job, place: { state: "running", runner: job.place.runner } };
  }
  const runner = UNKNOWN_MACHINE;
  if (state.runners.get(runner) === null) {
    state.runners.save({ ...unknownRunner(runner, runner), lastSignMs: at.nowMs, removed: true });
  }
  state.silenceCheckMs = null;
  return note(
    { ...job, place: { state: "running", runner } },
    at.nowMs,
    "UCloud shows it running",
    "on a machine that is not back",
  );
}
