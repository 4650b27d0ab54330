/**
 * RUNNING that is told late: UCloud counts the job's time from when it hears of it, so the text says when it really began
 * and when it ends. It is made as the update leaves, because waiting is what makes it late; UCloud takes whichever
 * repeat reaches it first and drops the others by their guard.
 */
import type { JobUpdate } from "../ucloud/control.ts";
import type { Job } from "./job.ts";
import { isSuspended, pausedMs } from "./suspension.ts";
import { lateRunningText, RUNNING_TEXT } from "./words.ts";

const LATE_MS = 60_000;

/** `update` stays what the row has of it: by that it is recognised when it is answered. */
export function asToldNow(job: Job, update: JobUpdate, nowMs: number): JobUpdate {
  const { startedAtMs } = job;
  const isStart = update.state === "RUNNING" && update.status === RUNNING_TEXT;
  if (!isStart || startedAtMs === null || nowMs - startedAtMs <= LATE_MS) {
    return update;
  }
  return { ...update, status: lateRunningText(startedAtMs, endsAtMs(job, startedAtMs, nowMs)) };
}

/** null: it has ended, or stands still and nobody knows how long. */
function endsAtMs(job: Job, startedAtMs: number, nowMs: number): number | null {
  const isOpen = job.place.state === "running" && !isSuspended(job);
  return isOpen ? startedAtMs + pausedMs(job, nowMs) + job.terms.wallMs : null;
}
