/**
 * What the gateway answers for each job that a runner names in `hello`, and what it makes of those that a complete
 * `hello` does not name. The table is in docs/protocol.md; each of its cells is a test.
 */
import type { Phase, Verdict } from "../../shared/protocol.ts";
import { end } from "./ending.ts";
import { settleDebt, startRunning } from "./facts.ts";
import { type At, isActive, type Job, wasGranted } from "./job.ts";
import { grantStart, requeue } from "./offering.ts";
import { orderOf } from "./suspension.ts";
import { note } from "./timeline.ts";
import { cancelText, UNKNOWN_ON_NODE_TEXT } from "./words.ts";

/** `wallMs`: the running time that holds now, repeated because it may have been extended. */
export type Judged = { job: Job; verdict: Verdict; wallMs?: number; suspension?: { n: number; wanted: boolean } };

/** `job` is the row of exactly the incarnation and attempt that the runner named. */
export function judge(job: Job, runner: string, phase: Phase, at: At): Judged {
  const { place } = job;
  if (place.state === "done") {
    return judgeDone(job, runner, phase);
  }
  if (!isActive(place) || place.runner !== runner) {
    return { job, verdict: "forget" };
  }
  if (phase === "vanished") {
    return { job: loseUnknown(job, at), verdict: "forget" };
  }
  if (phase === "ended") {
    // It may have run: until its fact says otherwise nobody else may start it.
    return { job: believeGranted(job, runner, at), verdict: "resend" };
  }
  if (job.cancelAsked) {
    return { job, verdict: "cancel" };
  }
  return judgeLiving(job, runner, phase, at);
}

function judgeLiving(job: Job, runner: string, phase: "preparing" | "ready" | "granted" | "running", at: At): Judged {
  const { wallMs } = job.terms;
  const { state } = job.place;
  if (phase === "running") {
    const running = state === "running" ? job : startRunning(job, runner, at.nowMs, null, at);
    const suspension = orderOf(job);
    return { job: running, verdict: "keep", wallMs, ...(suspension === undefined ? {} : { suspension }) };
  }
  if (phase === "granted") {
    return { job: believeGranted(job, runner, at), verdict: "keep", wallMs };
  }
  if (state === "running") {
    // The node has lost what it told us. Whatever it prepares now would be a second copy.
    const text = UNKNOWN_ON_NODE_TEXT;
    return { job: end(job, { outcome: "FAILURE", text }, at), verdict: "cancel" };
  }
  if (phase === "ready") {
    return { job: grantStart(job, at).job, verdict: "go", wallMs };
  }
  if (state === "offered") {
    return { job: note({ ...job, place: { state: "claimed", runner } }, at.nowMs, "claimed"), verdict: "keep", wallMs };
  }
  return { job, verdict: "keep", wallMs };
}

/** The runner has our `go` in its journal; a queue that does not know it was restored to an earlier moment. */
function believeGranted(job: Job, runner: string, at: At): Job {
  if (wasGranted(job.place)) {
    return job;
  }
  return note({ ...job, place: { state: "starting", runner } }, at.nowMs, "start granted", "by the runner's journal");
}

/** Ended without its runner: `cancel` until that one has answered, `forget` to anything else. */
function judgeDone(job: Job, runner: string, phase: Phase): Judged {
  const { place } = job;
  const isOwed = place.state === "done" && place.owedBy === runner;
  if (isOwed && phase !== "ended" && phase !== "vanished") {
    return { job, verdict: "cancel" };
  }
  return { job: settleDebt(job, runner), verdict: "forget" };
}

/** The runner does not have the job: before the start it goes to another, after it nobody knows how it ended. */
export function loseUnknown(job: Job, at: At): Job {
  if (job.cancelAsked) {
    return end(job, { outcome: "SUCCESS", text: cancelText(job.cancelAsked.reason) }, at);
  }
  return end(job, { outcome: "FAILURE", text: UNKNOWN_ON_NODE_TEXT }, at);
}

/** A row of this runner that its complete `hello` does not name. */
export function judgeUnnamed(job: Job, runner: string, at: At): Job {
  if (!isActive(job.place) || job.place.runner !== runner) {
    return job;
  }
  return wasGranted(job.place) ? loseUnknown(job, at) : requeue(job, "the runner does not know it", at);
}
