/**
 * What administrators have decided about a runner, as the Registry tells it: again and again until it is confirmed, so a
 * word that was heard, or is older than one that was, changes nothing.
 */
import { CLOSE } from "../../shared/close-codes.ts";
import type { Standing } from "./api.ts";
import { end, forgetting } from "./ending.ts";
import { type At, isActive, type Job, type Sent, type Step, wasGranted } from "./job.ts";
import { requeue } from "./offering.ts";
import { revokeRunner } from "./revocation.ts";
import { type RunnerRow, unknownRunner } from "./runner-store.ts";
import type { QueueState } from "./state.ts";
import { cancelText, lostMachineText } from "./words.ts";

/** True: the machine was given up just now, and its lines are to be closed. */
export function heedStanding(state: QueueState, runner: string, standing: Standing, at: At): boolean {
  const { word, drained, lost } = standing;
  const row = state.runners.get(runner) ?? unknownRunner(runner, runner);
  if (word <= row.word) {
    return false;
  }
  // Whoever lets it take jobs again says that it was repaired.
  const isResumed = drained === null && lost?.word !== word;
  const repaired = isResumed ? { failedStart: null, trouble: null } : {};
  const isOver = drained?.until != null && drained.until <= at.nowMs;
  const isLost = lost !== null && lost.word > row.word;
  // Whatever line of a lost machine is still open, it gets no offers before it has said what it has.
  const complete = row.complete && !isLost;
  const changed: RunnerRow = { ...row, ...repaired, word, complete, drained: isOver ? null : drained };
  state.runners.save(changed);
  sayDrain(state, row, changed, at);
  planDrainEnd(state);
  if (isLost) {
    // The word may have been long on its way: what the machine was given after it is no concern of it.
    for (const job of state.jobs.heldBy(runner).filter((held) => givenAtMs(held) <= lost.word)) {
      state.take(job, loseMachine(job, lost.reason, at));
    }
  }
  return isLost;
}

/** After the turn: if the machine is there all the same it says everything again, and is told what to drop. */
export function closeLost(state: QueueState, runner: string): void {
  for (const line of state.ports.lines(runner)) {
    line.close(CLOSE.NORMAL, "say it all again");
  }
}

/** A drain whose moment has come is over. */
export function endDrains(state: QueueState, at: At): void {
  const { nowMs } = at;
  const { drainEndsAtMs } = state.settings.get();
  if (drainEndsAtMs === null || drainEndsAtMs > nowMs) {
    return;
  }
  for (const row of state.runners.all()) {
    if (row.drained?.until != null && row.drained.until <= nowMs) {
      const changed = { ...row, drained: null };
      state.runners.save(changed);
      sayDrain(state, row, changed, at);
    }
  }
  planDrainEnd(state);
}

/** It is on no list any more: should it still be there, it is treated as revoked. */
export function dismissRunner(state: QueueState, runner: string, at: At): void {
  revokeRunner(state, runner, { reason: "" }, at);
  const row = state.runners.get(runner);
  if (row !== null) {
    state.runners.save({ ...row, drained: null, removed: true });
  }
}

/** What the runner shows of a drain. */
export function drainWords({ drained }: RunnerRow, { nowMs }: At): { reason: string; inMs?: number } | null {
  if (drained === null) {
    return null;
  }
  const inMs = (drained.from ?? 0) - nowMs;
  return { reason: `by the site: ${drained.reason}`, ...(inMs > 0 ? { inMs } : {}) };
}

function planDrainEnd(state: QueueState): void {
  const ends = state.runners.all().flatMap(({ drained }) => drained?.until ?? []);
  state.settings.set({ drainEndsAtMs: ends.length === 0 ? null : Math.min(...ends) });
}

function sayDrain(state: QueueState, before: RunnerRow, after: RunnerRow, at: At): void {
  const words = drainWords(after, at);
  const said = drainWords(before, at);
  if (words?.reason !== said?.reason || words?.inMs !== said?.inMs) {
    state.send({ runner: after.id, frame: words === null ? { type: "undrain" } : { type: "drain", ...words } });
  }
}

/** When its runner was offered the job, or brought it along. */
function givenAtMs({ timeline, attempt }: Job): number {
  return timeline.find((entry) => entry.attempt === attempt)?.atMs ?? 0;
}

/** The machine is given up. If it comes back it drops what it has. */
function loseMachine(job: Job, reason: string, at: At): Step {
  if (!isActive(job.place)) {
    return { job, send: [] };
  }
  const send: Sent[] = forgetting(job);
  if (!wasGranted(job.place)) {
    return { job: requeue(job, "the machine is lost", at, reason), send };
  }
  if (job.cancelAsked) {
    return { job: end(job, { outcome: "SUCCESS", text: cancelText(job.cancelAsked.reason) }, at), send };
  }
  return { job: end(job, { outcome: "FAILURE", text: lostMachineText(reason) }, at), send };
}
