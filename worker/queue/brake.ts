/**
 * A UCloud that was put back to last night's backup has forgotten a day of jobs, and a queue that was put back knows less
 * than its runners. So what ends running jobs by itself ends few of them in an hour, and none in a young queue: the rest
 * is held until an administrator says go on.
 */
import { dropForgotten } from "./ending.ts";
import { type At, type Job, wasGranted } from "./job.ts";
import type { QueueState } from "./state.ts";

const MIN_ENDS = 3;
const SHARE = 0.05;
/** An hour, with the usual times. */
const HOUR_IN_FORGOTTEN = 12;

export function hourMs({ times }: At): number {
  return HOUR_IN_FORGOTTEN * times.forgottenMs;
}

/** The queue has begun, or begun anew from an earlier moment. */
export function noteBirth(state: QueueState, { nowMs }: At, isRestored = false): void {
  if (state.settings.get().bornAtMs === null || isRestored) {
    state.settings.set({ bornAtMs: nowMs });
  }
}

function brakeOn(state: QueueState, at: At): "young" | "rate" | null {
  const { bornAtMs } = state.settings.get();
  if (bornAtMs === null || at.nowMs - bornAtMs < hourMs(at)) {
    return "young";
  }
  const { count, of } = endsOfHour(state, at);
  return count >= Math.max(MIN_ENDS, Math.floor(of * SHARE)) ? "rate" : null;
}

function endsOfHour(state: QueueState, at: At): { sinceMs: number; count: number; of: number } {
  const { ends } = state.settings.get();
  return ends !== null && at.nowMs - ends.sinceMs < hourMs(at)
    ? ends
    : { sinceMs: at.nowMs, count: 0, of: state.jobs.countGranted() };
}

/**
 * UCloud does not know the job. `after` is the row as it is to be if the end is held; false: it is held. What was held
 * because too many were ended goes on by an administrator's word alone (`isForced`).
 */
export function dropOrHold(
  state: QueueState,
  { before, after = before }: { before: Job; after?: Job },
  at: At,
  isForced = false,
): boolean {
  const known = state.held.get("forgotten", before);
  const by = isForced || !wasGranted(before.place) ? null : known?.by === "rate" ? "rate" : brakeOn(state, at);
  if (by !== null) {
    const { id, incarnation } = before;
    state.held.hold({ kind: "forgotten", id, incarnation, sinceMs: at.nowMs, by });
    state.save(before, after);
    return false;
  }
  if (wasGranted(before.place)) {
    const ends = endsOfHour(state, at);
    state.settings.set({ ends: { ...ends, count: ends.count + 1 } });
  }
  state.held.remove("forgotten", before);
  state.take(before, dropForgotten(after, at));
  return true;
}
