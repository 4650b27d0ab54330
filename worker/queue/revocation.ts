/** A runner that may connect no more: at once on a live socket, and by the queue's own table from then on. */
import { CLOSE } from "../../shared/close-codes.ts";
import { encodeFrame } from "../../shared/codec.ts";
import type { At } from "./job.ts";
import { unknownRunner } from "./runner-store.ts";
import { loseRevoked } from "./silence.ts";
import type { QueueState } from "./state.ts";

/** Jobs before their granted start go back to the queue, started ones end. */
export function revokeRunner(state: QueueState, runner: string, reason: string, at: At): void {
  const row = state.runners.get(runner) ?? unknownRunner(runner, runner);
  state.runners.save({ ...row, revoked: true, complete: false });
  for (const job of state.jobs.heldBy(runner)) {
    state.save(job, loseRevoked(job, reason, at));
  }
}

/** After the turn: what it wrote holds when the runner hears of it. */
export function closeRevoked(state: QueueState, runner: string): void {
  for (const line of state.ports.lines(runner)) {
    line.send(encodeFrame({ type: "bye", reason: "revoked" }));
    line.close(CLOSE.REVOKED, "revoked");
  }
}

/** The runner enrolled again: a revocation is lifted, and the old key's socket is closed. */
export function reinstateRunner(state: QueueState, runner: string): void {
  const row = state.runners.get(runner);
  if (row?.revoked) {
    state.runners.save({ ...row, revoked: false });
  }
  for (const line of state.ports.lines(runner)) {
    line.close(CLOSE.OLDER_SESSION, "enrolled again");
  }
}
