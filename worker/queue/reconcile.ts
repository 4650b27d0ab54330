/**
 * Our jobs against UCloud's, regularly: what it forgot is stopped and dropped, what it shows as open and has ended here is
 * told again, what was never accepted here is reported and left alone, and what a runner brings along is taken up.
 */
import { halfJitter } from "../../shared/backoff.ts";
import type { Unanswered } from "../ucloud/control.ts";
import { OPEN_STATES } from "../ucloud/open-jobs.ts";
import { giveUpAdoption, settleAdoption } from "./adoption.ts";
import type { OpenJob } from "./api.ts";
import { dropOrHold } from "./brake.ts";
import type { Key } from "./columns.ts";
import { type At, isActive, type Job, sameIdentity } from "./job.ts";
import { compareNext, isUncompared } from "./restored.ts";
import type { QueueState } from "./state.ts";
import { isFinal } from "./telling.ts";
import { note } from "./timeline.ts";

const MAX_REQUESTS = 8;
const MAX_ASKED = 1_000;
const NOES = 3;
/** Younger jobs are listed while their create is still in flight. */
const YOUNG_MS = 60_000;

/** One comparison, over as many alarms as it takes; lost with the memory, it begins anew. */
export type Comparison = {
  isForced: boolean;
  adopted: Set<string>;
  /** Null: not begun. */
  asked: Key[] | null;
  stateIndex: number;
  next: string | null;
  foreign: Set<string>;
};

/** Null: there is nothing to compare. */
export function nextReconcileMs(state: QueueState): number | null {
  const { reconcileAtMs, outage } = state.settings.get();
  return reconcileAtMs === null ? null : Math.max(reconcileAtMs, outage?.notBeforeMs ?? 0);
}

export function reconcileNow(state: QueueState, { nowMs }: At): void {
  state.comparison = null;
  state.settings.set({ reconcileAtMs: nowMs, isReconcileForced: true });
}

export async function reconcile(state: QueueState): Promise<void> {
  const dueMs = nextReconcileMs(state);
  if (dueMs === null || dueMs > state.ports.nowMs()) {
    return;
  }
  state.comparison ??= begin(state.settings.get().isReconcileForced);
  const run = state.comparison;
  for (let request = 0; request < MAX_REQUESTS; request++) {
    const failed = await step(state, run);
    if (failed === "done") {
      state.turn((at) => close(state, run, at));
      return;
    }
    if (failed !== null) {
      state.turn((at) => tryLater(state, failed, at));
      return;
    }
  }
}

function begin(isForced: boolean): Comparison {
  return { isForced, adopted: new Set(), asked: null, stateIndex: 0, next: null, foreign: new Set() };
}

/** One request at most. */
async function step(state: QueueState, run: Comparison): Promise<Unanswered | "done" | null> {
  if (isUncompared(state)) {
    return compareNext(state);
  }
  const held = state.held.of("adopt").find(({ id, incarnation }) => !run.adopted.has(`${id} ${incarnation}`));
  if (held !== undefined) {
    run.adopted.add(`${held.id} ${held.incarnation}`);
    const answer = await state.ports.control.retrieve(held.id);
    if (answer.kind !== "ok" && answer.kind !== "absent") {
      return answer;
    }
    state.turn((at) => {
      settleAdoption(state, held, answer.kind === "ok" ? answer.job : null, at);
      const left = state.held.get("adopt", held);
      if (run.isForced && left !== null) {
        giveUpAdoption(state, left);
      }
    });
    return null;
  }
  run.asked ??= state.jobs
    .allActive()
    .filter(({ telling }) => telling.confirmed)
    .map(({ id, incarnation }) => ({ id, incarnation }));
  if (run.asked.length > 0) {
    return askAboutOurs(state, run, run.asked.splice(0, MAX_ASKED));
  }
  return browseTheirs(state, run);
}

async function askAboutOurs(state: QueueState, run: Comparison, keys: Key[]): Promise<Unanswered | null> {
  const answer = await state.ports.control.exists(keys.map(({ id }) => id));
  if (answer.kind === "unavailable" && answer.status === 404) {
    // The older version asks us, by `verify`.
    return null;
  }
  if (answer.kind !== "ok") {
    return answer;
  }
  state.turn((at) => {
    keys.forEach((key, index) => {
      const job = state.jobs.get(key);
      if (job !== null && isActive(job.place)) {
        hearExistence(state, job, { exists: answer.exists[index] ?? true, isForced: run.isForced }, at);
      }
    });
  });
  return null;
}

function hearExistence(state: QueueState, job: Job, heard: { exists: boolean; isForced: boolean }, at: At): void {
  if (heard.exists) {
    state.held.remove("forgotten", job);
    state.save(job, job.missing == null ? job : { ...job, missing: null });
    return;
  }
  const missing = { count: Math.min(NOES, (job.missing?.count ?? 0) + 1), firstMs: job.missing?.firstMs ?? at.nowMs };
  const noted = note({ ...job, missing }, at.nowMs, "UCloud says that it does not know the job", `${missing.count}`);
  const isForgotten = missing.count >= NOES && at.nowMs - missing.firstMs >= at.times.forgottenMs;
  const isReleased = heard.isForced && state.held.get("forgotten", job) !== null;
  if (isForgotten || isReleased) {
    dropOrHold(state, { before: job, after: noted }, at, isReleased);
  } else {
    state.save(job, noted);
  }
}

async function browseTheirs(state: QueueState, run: Comparison): Promise<Unanswered | "done" | null> {
  const wanted = OPEN_STATES[run.stateIndex];
  if (wanted === undefined) {
    return "done";
  }
  const answer = await state.ports.control.browseOpen({
    category: state.ports.category,
    state: wanted,
    next: run.next,
  });
  if (answer.kind !== "ok") {
    return answer;
  }
  state.turn((at) => {
    for (const theirs of answer.jobs) {
      if (judgeOpen(state, theirs, at)) {
        run.foreign.add(theirs.id);
      }
    }
  });
  run.next = answer.jobs.length === 0 ? null : answer.next;
  run.stateIndex += run.next === null ? 1 : 0;
  return null;
}

/** A job that UCloud shows as open; true: it was never accepted here. */
export function judgeOpen(state: QueueState, theirs: OpenJob, at: At): boolean {
  const isOurs = theirs.product.category === state.ports.category && !isFinal(theirs.state ?? null);
  if (!isOurs || at.nowMs - theirs.createdAt < YOUNG_MS) {
    return false;
  }
  const row = state.jobs.live(theirs.id);
  if (row !== null && sameIdentity(row, theirs)) {
    state.save(row, tellAgain(row, theirs, at));
    return false;
  }
  if (!state.held.of("adopt").some(({ id }) => id === theirs.id)) {
    state.held.hold({ kind: "foreign", id: theirs.id, incarnation: "", sinceMs: at.nowMs });
  }
  return true;
}

/** It took the end once, and shows the job as open: it was put back to an earlier moment. */
function tellAgain(row: Job, theirs: OpenJob, at: At): Job {
  const { telling } = row;
  if (row.place.state !== "done" || !(isFinal(telling.told) || telling.forgotten)) {
    return row;
  }
  const told = theirs.state === "RUNNING" ? ("RUNNING" as const) : null;
  const noted = note(row, at.nowMs, "UCloud shows the job as open: its end is told again");
  return { ...noted, telling: { ...noted.telling, told, update: null, noes: null, forgotten: false } };
}

function close(state: QueueState, run: Comparison, at: At): void {
  if (state.comparison !== run) {
    // It is to begin anew, by a word that came while UCloud was asked.
    return;
  }
  state.comparison = null;
  for (const held of state.held.of("foreign")) {
    if (!run.foreign.has(held.id)) {
      state.held.remove("foreign", held);
    }
  }
  dropSettled(state);
  const isMissing = state.jobs.allActive().some(({ missing }) => missing != null && missing.count < NOES);
  const everyMs = isMissing
    ? Math.min(at.times.reconcileMs, Math.ceil(at.times.forgottenMs / 2))
    : at.times.reconcileMs;
  const isOpen = !state.jobs.lanes.isEmpty() || state.jobs.runnersWithJobs().length > 0 || !state.held.isEmpty();
  state.settings.set({ reconcileAtMs: isOpen ? at.nowMs + everyMs : null, isReconcileForced: false });
}

/** The job has ended by itself meanwhile. */
function dropSettled(state: QueueState): void {
  for (const held of state.held.of("forgotten")) {
    const job = state.jobs.get(held);
    if (job === null || !isActive(job.place)) {
      state.held.remove("forgotten", held);
    }
  }
}

function tryLater(state: QueueState, failed: Unanswered, at: At): void {
  state.comparison = null;
  const status = failed.kind === "unavailable" ? failed.status : null;
  state.ports.event("reconcile.failed", { answer: failed.kind, status });
  const bound = Math.min(at.times.reconcileMs, at.times.retryMaxMs);
  state.settings.set({ reconcileAtMs: at.nowMs + halfJitter(bound, state.ports.random()) });
}
