/**
 * A runner that enrols again has a new key, and the old one counts no more. The Registry's words and the connections that
 * it admitted travel apart, so each carries the time of its enrolment, and the newest wins in whatever order they come.
 */
import { CLOSE } from "../../shared/close-codes.ts";
import type { RunnerIdentity } from "./api.ts";
import type { At } from "./job.ts";
import { type RunnerRow, unknownRunner } from "./runner-store.ts";
import { loseDropped } from "./silence.ts";
import type { QueueState } from "./state.ts";

/** Admitted with a key that was replaced since. */
export function isOutdated({ enrolledAt }: RunnerIdentity, row: RunnerRow | null): boolean {
  return enrolledAt !== undefined && enrolledAt < (row?.enrolledAt ?? 0);
}

/** A revocation of an earlier enrolment is lifted, and sockets of older keys are closed. */
export function reinstateRunner(state: QueueState, runner: string, enrolledAt = Number.POSITIVE_INFINITY): void {
  const row = state.runners.get(runner) ?? unknownRunner(runner, runner);
  if (enrolledAt > row.enrolledAt) {
    const known = Number.isFinite(enrolledAt) ? enrolledAt : row.enrolledAt;
    state.runners.save({ ...row, enrolledAt: known, revoked: false, removed: false });
  }
  closeOlderKeys(state, runner, enrolledAt);
}

/** It enrolled again without this category. Jobs before their granted start go back to the queue, started ones end. */
export function dropRunner(state: QueueState, runner: string, enrolledAt: number, at: At): void {
  const row = state.runners.get(runner) ?? unknownRunner(runner, runner);
  if (enrolledAt < row.enrolledAt) {
    // A late word: it has enrolled again since.
    return;
  }
  state.runners.save({ ...row, enrolledAt, complete: false, drained: null, removed: true });
  for (const job of state.jobs.heldBy(runner)) {
    state.save(job, loseDropped(job, at));
  }
}

/** After the turn, where it wrote anything. */
export function closeOlderKeys(state: QueueState, runner: string, enrolledAt: number): void {
  for (const line of state.ports.lines(runner)) {
    if ((line.badge().runner.enrolledAt ?? 0) < enrolledAt) {
      line.close(CLOSE.OLDER_SESSION, "enrolled again");
    }
  }
}
