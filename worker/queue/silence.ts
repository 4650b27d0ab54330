/**
 * A runner that is not heard. Before the start its jobs go to others after the lease. After it nothing is decided by
 * time but `maxSilence`: the job goes on as far as we know, and its user is told so.
 */
import { end } from "./ending.ts";
import { type At, isActive, type Job, wasGranted } from "./job.ts";
import { requeue } from "./offering.ts";
import { mostPausedMs } from "./suspension.ts";
import { tellLine } from "./telling.ts";
import { BACK_TEXT, cancelSilentText, cancelText, DROPPED_TEXT, LOST_TEXT, revokedText, SILENT_TEXT } from "./words.ts";

/** Added to the remaining running time of products without a `maxSilence` of their own. */
const DAY_MS = 86_400_000;

export function isSilent(lastSignMs: number, { nowMs, times }: At): boolean {
  return nowMs - lastSignMs > times.leaseMs;
}

/** When the gateway gives a started job up; the runner has stopped it by itself before that. */
export function giveUpAtMs(job: Job, lastSignMs: number): number {
  const { maxSilenceMs, wallMs } = job.terms;
  if (maxSilenceMs !== null) {
    return lastSignMs + maxSilenceMs;
  }
  return Math.max(lastSignMs, (job.startedAtMs ?? lastSignMs) + wallMs + mostPausedMs(job)) + DAY_MS;
}

/** `job` is held by a runner that was last heard at `lastSignMs`. */
export function sufferSilence(job: Job, lastSignMs: number, at: At): Job {
  const { place } = job;
  if (!isActive(place)) {
    return job;
  }
  if (!isSilent(lastSignMs, at)) {
    return hearAgain(job);
  }
  if (!wasGranted(place)) {
    return requeue(job, "the runner is silent", at);
  }
  if (job.cancelAsked) {
    const text = cancelSilentText(job.cancelAsked.reason);
    return end(job, { outcome: "SUCCESS", text, owedBy: place.runner }, at);
  }
  if (at.nowMs >= giveUpAtMs(job, lastSignMs)) {
    return end(job, { outcome: "FAILURE", text: LOST_TEXT }, at);
  }
  return job.silenceTold ? job : { ...tellLine(job, SILENT_TEXT), silenceTold: true };
}

/** When `sufferSilence` has something to do next, if the runner stays silent; null: never. */
export function nextSilenceMs(job: Job, lastSignMs: number, at: At): number | null {
  if (!isActive(job.place)) {
    return null;
  }
  if (job.silenceTold && wasGranted(job.place) && !job.cancelAsked) {
    // Pings that come again on the same socket wake nobody, so their return is looked for.
    return Math.min(giveUpAtMs(job, lastSignMs), at.nowMs + at.times.leaseMs);
  }
  return lastSignMs + at.times.leaseMs + 1;
}

export function hearAgain(job: Job): Job {
  return job.silenceTold ? { ...tellLine(job, BACK_TEXT), silenceTold: false } : job;
}

/** The runner may connect no more; the users of what it ran read the reason. */
export function loseRevoked(job: Job, reason: string, at: At): Job {
  return leaveRunner(job, { why: "the runner was removed", text: revokedText(reason) }, at);
}

/** The runner was enrolled anew, without this category. */
export function loseDropped(job: Job, at: At): Job {
  return leaveRunner(job, { why: "the runner serves this machine type no more", text: DROPPED_TEXT }, at);
}

function leaveRunner(job: Job, { why, text }: { why: string; text: string }, at: At): Job {
  if (!isActive(job.place)) {
    return job;
  }
  if (!wasGranted(job.place)) {
    return requeue(job, why, at);
  }
  if (job.cancelAsked) {
    return end(job, { outcome: "SUCCESS", text: cancelText(job.cancelAsked.reason) }, at);
  }
  return end(job, { outcome: "FAILURE", text }, at);
}
