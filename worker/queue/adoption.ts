/**
 * Jobs that a runner has started and the queue does not know: it is empty, was moved, or was put back to an earlier
 * moment. None of them is ended for that. UCloud is asked, and what it has open is taken up; the rest is held.
 */
import { refName } from "../../shared/ids.ts";
import type { Phase } from "../../shared/protocol.ts";
import type { CoreJob } from "../ucloud/control.ts";
import { bornAdopted } from "./birth.ts";
import { noteBirth } from "./brake.ts";
import type { HeldOf } from "./held.ts";
import { type At, isActive, isDone, type Job } from "./job.ts";
import { noteRestored, UNKNOWN_MACHINE } from "./restored.ts";
import type { QueueState } from "./state.ts";
import { isFinal } from "./telling.ts";
import { note } from "./timeline.ts";
import { noteUse } from "./usage.ts";

const PUT_BACK = "This queue was put back to an earlier moment: a machine runs what it has as waiting.";

type Named = { ref: HeldOf<"adopt">["ref"]; phase: Phase };

/** It has been granted a start, so something of it may run or have run. */
function isStarted(phase: Phase): boolean {
  return phase === "granted" || phase === "running" || phase === "ended";
}

/** True: the runner keeps the job while UCloud is asked about it. */
export function holdForAdoption(state: QueueState, runner: string, { ref, phase }: Named, at: At): boolean {
  if (!isStarted(phase) || ref.rank !== 0 || state.jobs.live(ref.job) !== null) {
    return false;
  }
  const { job: id, incarnation } = ref;
  const known = state.held.get("adopt", { id, incarnation });
  noteBirth(state, at, known === null);
  const isRefused = known?.isRefused ?? false;
  state.held.hold({ kind: "adopt", id, incarnation, sinceMs: at.nowMs, ref, runner, isRefused });
  const { reconcileAtMs } = state.settings.get();
  state.settings.set({ reconcileAtMs: Math.min(reconcileAtMs ?? at.nowMs, at.nowMs) });
  return true;
}

/** A fact about such a job is neither taken nor answered: the runner says it again on its next line. */
export function isHeldForAdoption(state: QueueState, ref: Named["ref"]): boolean {
  const held = state.held.get("adopt", { id: ref.job, incarnation: ref.incarnation });
  return held !== null && refName(held.ref) === refName(ref);
}

/** What the runner does not name any more in a complete inventory is no concern. */
export function dropUnnamed(state: QueueState, runner: string, named: Set<string>): void {
  for (const held of state.held.of("adopt")) {
    if (held.runner === runner && !named.has(refName(held.ref))) {
      state.held.remove("adopt", held);
    }
  }
}

/** A start that the row does not know can only come from this queue before it was put back: the runner is believed. */
export function believeLaterAttempt(state: QueueState, job: Job, runner: string, { ref, phase }: Named, at: At): Job {
  const isSought = isActive(job.place) && job.place.runner === UNKNOWN_MACHINE;
  const isLater = ref.attempt > job.attempt || (ref.attempt === job.attempt && (isSought || isTakenBack(job, phase)));
  if (ref.rank !== 0 || !isLater || isDone(job) || !isStarted(phase)) {
    return job;
  }
  if (!isSought) {
    noteRestored(state, { reason: PUT_BACK, by: runner }, at);
  }
  const believed: Job = { ...job, attempt: ref.attempt, place: { state: "starting", runner } };
  return note(believed, at.nowMs, "start granted", "by the runner's journal");
}

/** The row never granted this attempt and nobody has it, but a start was granted. What has ended may have failed to start. */
function isTakenBack({ place }: Job, phase: Phase): boolean {
  return !isActive(place) && (phase === "granted" || phase === "running");
}

/** `theirs`: the job as UCloud has it, null if it has none. Settled jobs are named by the runner again, on a new line. */
export function settleAdoption(state: QueueState, held: HeldOf<"adopt">, theirs: CoreJob | null, at: At): void {
  if (state.jobs.live(held.id) === null) {
    const isOpen = theirs?.state != null && !isFinal(theirs.state) && theirs.product.category === state.ports.category;
    if (theirs === null || !isOpen) {
      state.held.hold({ ...held, isRefused: true });
      return;
    }
    const job = bornAdopted(held, theirs, state.ports.termsOfProduct(theirs.product.id), at.nowMs);
    state.jobs.insert(state.settledForInsert(job), null);
    noteUse(state, { ...job, startedAtMs: null }, job);
    state.silenceCheckMs = null;
    state.noteOpen(at);
  }
  state.held.remove("adopt", held);
  state.held.remove("foreign", { id: held.id, incarnation: "" });
  closeLine(state, held.runner);
}

/** An administrator's word: what UCloud does not have open is stopped and dropped on the machine. */
export function giveUpAdoption(state: QueueState, held: HeldOf<"adopt">): void {
  state.held.remove("adopt", held);
  state.send({ runner: held.runner, frame: { type: "forget", ref: held.ref } });
}

function closeLine(state: QueueState, runner: string): void {
  state.lineOf(runner)?.line.close(1000, "say it all again");
}
