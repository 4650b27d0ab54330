/** What UCloud and administrators ask of the queue: create, terminate, cancel. */
import type { CreateAnswer, JobIdentity, NewJob, Termination } from "./api.ts";
import { bornDone, newJob } from "./birth.ts";
import { noteBirth } from "./brake.ts";
import { refuseUnserved } from "./drives.ts";
import { cancel, replace } from "./ending.ts";
import { isRefused } from "./funds.ts";
import { type At, isActive, type Job, type Place, sameIdentity } from "./job.ts";
import { queueStatus } from "./load.ts";
import { signOf } from "./signs.ts";
import { isSilent } from "./silence.ts";
import type { QueueState } from "./state.ts";
import { confirm, guardAgain } from "./telling.ts";
import { note } from "./timeline.ts";
import { cancelText } from "./words.ts";

/** With this much on disk no job is taken; the platform's limit for one object is 10 GB. */
const MAX_DATABASE_BYTES = 8 * 2 ** 30;
/** UCloud is told nothing and jobs would hang in its queue: after this long without a token we refuse new ones. */
const REFUSED_TOO_LONG_MS = 600_000;
/** `waiting` is for the busy sign of a Worker from before `queueStatus`. */
const MAX_WAITING_COUNTED = 20;

export function createJobs(state: QueueState, jobs: NewJob[], hold: string | null, at: At): CreateAnswer {
  const { refreshRefusedSinceMs } = state.settings.get();
  if (refreshRefusedSinceMs !== null && at.nowMs - refreshRefusedSinceMs >= REFUSED_TOO_LONG_MS) {
    return { kind: "refused", index: 0, code: "refresh_refused" };
  }
  if (state.ports.sql.databaseSize() > MAX_DATABASE_BYTES) {
    return { kind: "refused", index: 0, code: "queue_full" };
  }
  const unpaid = jobs.findIndex((job) => isRefused(state, job.plan.workspace) && !isKnown(state, job));
  if (unpaid >= 0) {
    return { kind: "refused", index: unpaid, code: "not_enough_compute_credits" };
  }
  const unserved = refuseUnserved(state, jobs, (job) => isKnown(state, job));
  if (unserved !== null) {
    return unserved;
  }
  const place: Place =
    hold === null ? { state: "queued", notBeforeMs: 0 } : { state: "held", hold, untilMs: at.nowMs + at.times.holdMs };
  for (const job of jobs) {
    createJob(state, job, place, at);
  }
  const held = hold === null ? 0 : state.jobs.heldUnder(hold).length;
  const waiting = state.jobs.waiting(MAX_WAITING_COUNTED);
  return { kind: "stored", waiting, held, queueStatus: queueStatus(state, waiting) };
}

function isKnown(state: QueueState, given: NewJob): boolean {
  const known = state.jobs.live(given.id);
  return known !== null && sameIdentity(known, given);
}

/** A repeated create is the same job; the same id with another identity replaces the old one. */
function createJob(state: QueueState, given: NewJob, place: Place, at: At): void {
  const known = state.jobs.live(given.id);
  if (known !== null && sameIdentity(known, given)) {
    const guarded = state.isAnswered(known) ? known : guardAgain(known, at);
    state.save(known, known.place.state === "held" ? { ...guarded, place } : guarded);
    return;
  }
  if (known !== null) {
    state.take(known, replace(known, at));
  }
  const guardUntilMs = at.nowMs + at.times.answeredMs;
  const job = newJob(given, { incarnation: state.ports.randomHex(8), place, nowMs: at.nowMs, guardUntilMs });
  noteBirth(state, at);
  state.noteOpen(at);
  // The last of it: where it is offered in this turn it is written once.
  state.jobs.insert(job, given.plan);
}

/** False: the hold is unknown, its jobs were discarded. */
export function releaseHold(state: QueueState, hold: string): boolean {
  const held = state.jobs.heldUnder(hold);
  for (const job of held) {
    state.save(job, { ...job, place: { state: "queued", notBeforeMs: 0 } });
  }
  return held.length > 0;
}

export function noteAnswered(state: QueueState, jobs: JobIdentity[], at: At): void {
  for (const identity of jobs) {
    const job = state.jobs.live(identity.id);
    if (job === null || !sameIdentity(job, identity) || job.telling.confirmed) {
      continue;
    }
    // The row is written when there is something to tell already; else the word travels with the next write.
    if (job.telling.dueMs !== null || !state.noteAnswered(job, at.nowMs)) {
      state.save(job, confirm(job, at));
    }
  }
}

export function terminateJobs(state: QueueState, asked: Termination[], at: At): void {
  for (const identity of asked) {
    terminateJob(state, identity, at);
  }
}

/** A job that we never heard of is over before its create arrives. */
function terminateJob(state: QueueState, asked: Termination, at: At): void {
  const known = state.jobs.live(asked.id);
  if (known !== null && sameIdentity(known, asked)) {
    state.take(known, cancel(known, null, isRunnerSilent(state, known, at), at));
    return;
  }
  if (known !== null) {
    if (asked.createdAt <= known.createdAt) {
      // A late word about a job that this one has replaced.
      return;
    }
    state.take(known, replace(known, at));
  }
  if (asked.isOver) {
    // Its row was removed long ago. UCloud would let another final state win.
    return;
  }
  const place: Place = {
    ...{ state: "done", outcome: "SUCCESS", text: cancelText(null), endedAtMs: at.nowMs },
    ...{ owedBy: null, ranOn: null },
  };
  const guardUntilMs = at.nowMs + at.times.guardMs;
  const job = bornDone(asked, { incarnation: state.ports.randomHex(8), place, nowMs: at.nowMs, guardUntilMs });
  state.jobs.insert(state.settledForInsert(job), null);
  state.notePurge();
}

/** Null: no such job. */
export function cancelJob(state: QueueState, id: string, reason: string, at: At): Job | null {
  const known = state.jobs.live(id);
  if (known === null) {
    return null;
  }
  const asked = note(known, at.nowMs, "cancelled by an administrator", reason);
  state.take(known, cancel(asked, reason, isRunnerSilent(state, known, at), at));
  return state.jobs.live(id);
}

function isRunnerSilent(state: QueueState, { place }: Job, at: At): boolean {
  return isActive(place) && isSilent(signOf(state, place.runner, at), at);
}
