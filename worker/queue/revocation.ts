/** A runner that may connect no more: at once on a live socket, and by the queue's own table from then on. */
import { CLOSE } from "../../shared/close-codes.ts";
import { encodeFrame } from "../../shared/codec.ts";
import type { At } from "./job.ts";
import { unknownRunner } from "./runner-store.ts";
import { loseRevoked } from "./silence.ts";
import type { QueueState } from "./state.ts";

export type Revocation = { reason: string; enrolledAt?: number | undefined };

/** Jobs before their granted start go back to the queue, started ones end. */
export function revokeRunner(state: QueueState, runner: string, { reason, enrolledAt }: Revocation, at: At): void {
  const row = state.runners.get(runner) ?? unknownRunner(runner, runner);
  if (enrolledAt !== undefined && enrolledAt < row.enrolledAt) {
    // A late word: it has enrolled again since.
    return;
  }
  state.runners.save({ ...row, enrolledAt: enrolledAt ?? row.enrolledAt, revoked: true, complete: false });
  for (const job of state.jobs.heldBy(runner)) {
    state.save(job, loseRevoked(job, reason, at));
  }
}

/** After the turn: what it wrote holds when the runner hears of it. */
export function closeRevoked(state: QueueState, runner: string): void {
  if (!state.runners.isRevoked(runner)) {
    return;
  }
  for (const line of state.ports.lines(runner)) {
    line.send(encodeFrame({ type: "bye", reason: "revoked" }));
    line.close(CLOSE.REVOKED, "revoked");
  }
}
