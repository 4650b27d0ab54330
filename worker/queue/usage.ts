/**
 * What a job has used: the units that it holds, from its start to the node's last word about it, suspended time included.
 * A figure never goes down: UCloud does not give back what went past a quota.
 */
import type { Bill, Charge } from "../ucloud/accounting.ts";
import type { Owner } from "./api.ts";
import type { Key } from "./columns.ts";
import { isActive, isDone, type Job } from "./job.ts";
import { signOf } from "./signs.ts";
import { siteTermsOf } from "./site-terms.ts";
import type { QueueState } from "./state.ts";

export type Used = Key & {
  workspace: string;
  owner: Owner;
  /** Under which UCloud keeps the figure. */
  scope: string;
  units: number;
  startedAtMs: number;
  /** Used until then; only ever later. */
  untilMs: number;
  /** Our clock; null while it runs. */
  endedAtMs: number | null;
  /** No report that was sent after the end has been answered yet. */
  isOwed: boolean;
  /** The older way: minutes that were charged, and the charge that is under way, repeated unchanged until answered. */
  chargedMinutes: number;
  pending: Charge | null;
};

const MINUTE_MS = 60_000;

/** Part of every write of a job's row: its start and its end are what is charged. */
export function noteUse(state: QueueState, before: Job, after: Job): void {
  if (after.startedAtMs === null || state.ports.accounting.mode === "none") {
    return;
  }
  const { nowMs, times } = state.at();
  if (isDone(after) && !isDone(before)) {
    const runner = isActive(before.place) ? before.place.runner : null;
    state.usage.save(usedBy(state, after, after.exitedAtMs ?? lastWordMs(state, runner)));
  } else if (before.startedAtMs !== null) {
    return;
  }
  if (state.settings.get().usageAtMs === null) {
    state.settings.set({ usageAtMs: nowMs + times.usageMs, usageSinceMs: nowMs });
  }
}

/** A node that is not heard does not go on counting. */
function lastWordMs(state: QueueState, runner: string | null): number {
  const at = state.at();
  return runner === null ? at.nowMs : Math.min(at.nowMs, signOf(state, runner, at));
}

/** The figures of all that runs, as of now. */
export function countRunning(state: QueueState): void {
  for (const job of state.jobs.runningNow()) {
    if (job.startedAtMs !== null && isActive(job.place)) {
      state.usage.save(usedBy(state, job, lastWordMs(state, job.place.runner)));
    }
  }
}

function usedBy(state: QueueState, job: Job, untilMs: number): Used {
  const { id, incarnation, workspace, owner, place } = job;
  const known = state.usage.get(job);
  const startedAtMs = known?.startedAtMs ?? job.startedAtMs ?? untilMs;
  return {
    ...{ id, incarnation, workspace, owner, startedAtMs },
    scope: known?.scope ?? scopeOf(state, job),
    units: siteTermsOf(job).units,
    untilMs: Math.max(known?.untilMs ?? startedAtMs, untilMs),
    endedAtMs: place.state === "done" ? place.endedAtMs : null,
    isOwed: true,
    chargedMinutes: known?.chargedMinutes ?? 0,
    pending: known?.pending ?? null,
  };
}

/** UCloud can give an id again; the second job must not lower the figure of the first. */
function scopeOf(state: QueueState, key: Key): string {
  return state.usage.isIdUsed(key) ? `job-${key.id}-${key.incarnation}` : `job-${key.id}`;
}

export function billOf({ owner, scope, units, startedAtMs, untilMs }: Used): Bill {
  return { owner, scope, usage: Math.ceil((units * (untilMs - startedAtMs)) / MINUTE_MS) };
}

/** The minutes that were not charged yet; null: none. One charge at a time, so that no minute is charged twice. */
export function chargeOf({
  id,
  incarnation,
  units,
  startedAtMs,
  untilMs,
  chargedMinutes,
  pending,
}: Used): Charge | null {
  if (pending !== null) {
    return pending;
  }
  const periods = Math.ceil((untilMs - startedAtMs) / MINUTE_MS) - chargedMinutes;
  const fromMs = startedAtMs + chargedMinutes * MINUTE_MS;
  return periods <= 0 ? null : { id, chargeId: `${id}-${incarnation}-${fromMs}`, units: Math.ceil(units), periods };
}

export function isCharged(used: Used): boolean {
  return chargeOf(used) === null;
}
