/**
 * What UCloud is told of a job, and in which order: RUNNING before any end, at most one state per request, nothing after
 * a final state. UCloud's guards make repeats harmless: a state that is not final carries the state told before it, a
 * final one asks only for a different state.
 */
import type { JobUpdate } from "../ucloud/control.ts";
import { allocationToTell } from "./extension.ts";
import type { At, Job, Telling } from "./job.ts";
import { isSuspended, MAX_SUSPEND_MS } from "./suspension.ts";
import { note } from "./timeline.ts";
import {
  extendedText,
  RESUMED_BY_LIMIT_TEXT,
  RESUMED_TEXT,
  RUNNING_TEXT,
  spelledMinutes,
  suspendedText,
} from "./words.ts";

/** Between two status lines of one job. */
const LINE_GAP_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
/** After this a line or RUNNING is no news any more; an end always is. */
export const STALE_MS = 7 * 86_400_000;
const NOES = 3;

export function isFinal(state: string | null | undefined): boolean {
  return state === "SUCCESS" || state === "FAILURE" || state === "EXPIRED";
}

/** A status line for the user; the latest wins. */
export function tellLine(job: Job, line: string): Job {
  return { ...job, telling: { ...job.telling, line } };
}

/** Brings `update` and `dueMs` up to date. Every row passes here on its way to the disk. */
export function settleTelling(job: Job, { nowMs }: At): Job {
  const { telling } = job;
  const update = wantedUpdate(job);
  if (update === null) {
    return telling.dueMs === null ? job : { ...job, telling: { ...telling, update, dueMs: null, tries: 0 } };
  }
  if (sameUpdate(update, telling.update)) {
    return job;
  }
  const isLine = update.state === undefined && update.newTimeAllocation === undefined;
  const earliestMs = isLine ? Math.max(telling.guardUntilMs, telling.lineAtMs + LINE_GAP_MS) : telling.guardUntilMs;
  return { ...job, telling: { ...telling, update, sinceMs: nowMs, dueMs: Math.max(nowMs, earliestMs), tries: 0 } };
}

function wantedUpdate(job: Job): JobUpdate | null {
  const { told, update, line, lineTold, forgotten, discarded = false } = job.telling;
  if (job.mute || forgotten || discarded || isFinal(told)) {
    return null;
  }
  if (update?.state) {
    return update;
  }
  if (job.startedAtMs !== null && told === null) {
    return { state: "RUNNING", status: RUNNING_TEXT, expectedState: "IN_QUEUE" };
  }
  if (job.place.state === "done") {
    return { state: job.place.outcome, status: job.place.text, expectedDifferentState: true };
  }
  const expectedState = told ?? "IN_QUEUE";
  if (told !== null && (told === "SUSPENDED") !== isSuspended(job)) {
    return isSuspended(job)
      ? { state: "SUSPENDED", status: suspendedText(job.terms.maxSuspendMs ?? MAX_SUSPEND_MS), expectedState }
      : { state: "RUNNING", status: job.suspension?.byLimit ? RESUMED_BY_LIMIT_TEXT : RESUMED_TEXT, expectedState };
  }
  const newTimeAllocation = allocationToTell(job);
  if (newTimeAllocation !== null) {
    return { status: extendedText(newTimeAllocation), newTimeAllocation, expectedState };
  }
  return line === null || line === lineTold ? null : { status: line, expectedState };
}

/** The create's answer has left, or was found at UCloud: the job's first update may go after the guard. */
export function confirm(job: Job, { nowMs, times }: At): Job {
  const { telling } = job;
  if (telling.confirmed) {
    return job;
  }
  const guardUntilMs = nowMs + times.guardMs;
  const dueMs = telling.dueMs === null ? null : Math.max(nowMs, guardUntilMs);
  return { ...job, telling: { ...telling, confirmed: true, guardUntilMs, dueMs } };
}

/** UCloud repeats the create: it stores the answer of this call, so its guard begins anew. */
export function guardAgain(job: Job, { nowMs, times }: At): Job {
  const { telling } = job;
  if (telling.confirmed) {
    return job;
  }
  const guardUntilMs = nowMs + times.answeredMs;
  const dueMs = telling.dueMs === null ? null : Math.max(telling.dueMs, guardUntilMs);
  return { ...job, telling: { ...telling, guardUntilMs, dueMs } };
}

/** UCloud has taken `sent`, or it was `dropped` for this reason: either way the next thing is told. */
export function passUpdate(job: Job, sent: JobUpdate, at: At, dropped?: string): Job {
  if (!sameUpdate(job.telling.update, sent)) {
    return job;
  }
  const said = sent.state ?? (sent.newTimeAllocation === undefined ? "a status line" : "more time");
  const noted = dropped === undefined ? noteTold(job, sent, at) : note(job, at.nowMs, `not told: ${said}`, dropped);
  const telling: Telling = {
    ...noted.telling,
    update: null,
    dueMs: null,
    tries: 0,
    noes: null,
    told: sent.state ?? noted.telling.told,
  };
  if (sent.state) {
    return { ...noted, telling };
  }
  if (sent.newTimeAllocation !== undefined && noted.extended !== undefined) {
    return { ...noted, telling, extended: { ...noted.extended, toldMs: sent.newTimeAllocation } };
  }
  const line = telling.line === sent.status ? null : telling.line;
  return { ...noted, telling: { ...telling, line, lineTold: sent.status ?? null, lineAtMs: at.nowMs } };
}

function noteTold(job: Job, sent: JobUpdate, at: At): Job {
  if (sent.newTimeAllocation !== undefined) {
    return note(job, at.nowMs, "UCloud took more time", spelledMinutes(sent.newTimeAllocation));
  }
  return sent.state ? note(job, at.nowMs, `UCloud took ${sent.state}`) : job;
}

/** Tries again after a random wait below a growing bound. */
export function retryLater(job: Job, at: At, random: number): Job {
  const { telling } = job;
  const bound = Math.min(at.times.retryMaxMs, FIRST_RETRY_MS * 2 ** Math.min(telling.tries, 30));
  const dueMs = at.nowMs + 1 + Math.floor(random * bound);
  return { ...job, telling: { ...telling, tries: telling.tries + 1, dueMs } };
}

/** UCloud says that there is no such job. `isForgotten` after three noes over a long enough time. */
export function countNo(job: Job, at: At): { job: Job; isForgotten: boolean } {
  const noes = { count: (job.telling.noes?.count ?? 0) + 1, firstMs: job.telling.noes?.firstMs ?? at.nowMs };
  const isForgotten = noes.count >= NOES && at.nowMs - noes.firstMs >= at.times.forgottenMs;
  const dueMs = at.nowMs + Math.ceil(at.times.forgottenMs / (NOES - 1));
  const noted = note(job, at.nowMs, "UCloud says that it does not know the job", `${noes.count}`);
  return { job: { ...noted, telling: { ...noted.telling, noes, dueMs } }, isForgotten };
}

export function sameUpdate(a: JobUpdate | null, b: JobUpdate | null): boolean {
  return (
    a === b ||
    (a !== null &&
      b !== null &&
      a.state === b.state &&
      a.status === b.status &&
      a.newTimeAllocation === b.newTimeAllocation &&
      a.expectedState === b.expectedState &&
      a.expectedDifferentState === b.expectedDifferentState)
  );
}
