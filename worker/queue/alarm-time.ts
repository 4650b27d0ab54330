/** The one alarm: the earliest moment at which something is to be done without being asked. */
import { nextUsageMs } from "./account.ts";
import { isWelcomed } from "./badge.ts";
import { nextReconcileMs } from "./reconcile.ts";
import { isUncompared } from "./restored.ts";
import { HELLO_MS } from "./sessions.ts";
import { nextSilenceCheckMs } from "./signs.ts";
import type { QueueState } from "./state.ts";

export function nextAlarmMs(state: QueueState): number | null {
  const { nowMs, times } = state.at();
  return earliest([nextWorkMs(state), state.reporting.dueMs({ nowMs, snapshotMs: times.snapshotMs })]);
}

/** Without the report of how the queue stands. */
export function nextWorkMs(state: QueueState): number | null {
  const { outage, purgeAtMs, drainEndsAtMs, goneSilentAtMs } = state.settings.get();
  const { dueMs, otherMs } = state.jobs.next();
  state.silenceCheckMs ??= nextSilenceCheckMs(state);
  const unproven = state.ports
    .lines()
    .map((line) => line.badge())
    .filter((badge) => !isWelcomed(badge))
    .map((badge) => badge.openedAtMs + HELLO_MS);
  const tellMs = dueMs === null || isUncompared(state) ? null : Math.max(dueMs, outage?.notBeforeMs ?? 0);
  return earliest([
    tellMs,
    otherMs,
    purgeAtMs,
    drainEndsAtMs,
    goneSilentAtMs,
    state.silenceCheckMs,
    state.offerAgainMs,
    state.waitingCheckMs,
    nextUsageMs(state),
    nextReconcileMs(state),
    ...unproven,
  ]);
}

function earliest(times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
