/**
 * A runner that was not heard for a month and has no jobs is forgotten here: it is on no list, in no metric, and costs
 * nothing. The Registry keeps its name, id and key, so it comes back by connecting. Rows that refuse somebody stay.
 */
import { CLOSE } from "../../shared/close-codes.ts";
import type { At } from "./job.ts";
import { signOf } from "./signs.ts";
import type { QueueState } from "./state.ts";

const DAY_MS = 86_400_000;
export const GONE_SILENT_MS = 30 * DAY_MS;

/** A runner has gone, perhaps for long. */
export function planGoneSilent({ settings }: QueueState, { nowMs }: At): void {
  if (settings.get().goneSilentAtMs === null) {
    settings.set({ goneSilentAtMs: nowMs + GONE_SILENT_MS });
  }
}

export function dropGoneSilent(state: QueueState, at: At): void {
  const { goneSilentAtMs } = state.settings.get();
  if (goneSilentAtMs === null || goneSilentAtMs > at.nowMs) {
    return;
  }
  const busy = new Set(state.jobs.runnersWithJobs());
  const untils: number[] = [];
  for (const { id } of state.runners.all().filter(({ revoked }) => !revoked)) {
    const untilMs = signOf(state, id, at) + GONE_SILENT_MS;
    if (untilMs <= at.nowMs && !busy.has(id)) {
      forget(state, id);
    } else if (state.lineOf(id) === null) {
      untils.push(untilMs);
    }
  }
  // Daily at most: each look reads every row.
  const nextMs = untils.length === 0 ? null : Math.max(Math.min(...untils), at.nowMs + DAY_MS);
  state.settings.set({ goneSilentAtMs: nextMs });
}

function forget(state: QueueState, id: string): void {
  state.runners.remove(id);
  state.lastFrameMs.delete(id);
  // The line of a machine that was switched off may never have closed.
  for (const line of state.ports.lines(id)) {
    line.close(CLOSE.NORMAL, "not heard for long");
  }
}
