/**
 * A start that failed has a side. The job's own fault ends the job at once. A node's fault keeps the job off that node
 * for a while, and ends it when several nodes, or one node for an hour, could not start it.
 */

import { doubling } from "../../shared/backoff.ts";
import { type Failure, failureText, sideOf } from "../../shared/failure.ts";
import { end } from "./ending.ts";
import { type At, type FailedStarts, isActive, type Job } from "./job.ts";
import { requeue } from "./offering.ts";
import { cancelText } from "./words.ts";

const MAX_RUNNERS = 3;
const MAX_TRIES = 5;
const MAX_TIME_MS = 3_600_000;
const KEPT_OFF_MS = 60_000;
const KEPT_OFF_MAX_MS = 900_000;
/** With a single node the next try waits this long, doubling, so that a broken node is not asked in a circle. */
const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 60_000;

/** The runner that holds `job` says that the program did not begin to run. */
export function failStart(job: Job, failure: Failure, at: At): Job {
  if (job.cancelAsked) {
    return end(job, { outcome: "SUCCESS", text: cancelText(job.cancelAsked.reason) }, at);
  }
  const side = sideOf(failure);
  if (side === "job") {
    return end(job, { outcome: "FAILURE", text: failureText(failure) }, at);
  }
  if (side === "busy" || !isActive(job.place)) {
    return requeue(job, "not started", at, failure.code);
  }
  const failedStarts = counted(job.failedStarts, job.place.runner, at.nowMs);
  const failed = { ...requeue(job, "start failed", at, failureText(failure)), failedStarts };
  if (isHopeless(failedStarts, at.nowMs)) {
    const text = `The job could not be started on ${machines(failedStarts)}. ${failureText(failure)}`;
    return end(failed, { outcome: "FAILURE", text }, at);
  }
  const notBeforeMs = at.nowMs + doubling(failedStarts.count - 1, PAUSE_MS, PAUSE_MAX_MS);
  return { ...failed, place: { state: "queued", notBeforeMs } };
}

/** Runners that shall not get the job now if another one can. */
export function keptOff(failedStarts: FailedStarts | null, nowMs: number): Set<string> {
  const off = (failedStarts?.runners ?? []).filter((runner) => nowMs < keptOffEndMs(runner));
  return new Set(off.map(({ id }) => id));
}

/** When the next of them may get it again; null: none is kept off. */
export function nextKeptOffEndMs(failedStarts: FailedStarts | null, nowMs: number): number | null {
  const ends = (failedStarts?.runners ?? []).map(keptOffEndMs).filter((endMs) => endMs > nowMs);
  return ends.length === 0 ? null : Math.min(...ends);
}

function keptOffEndMs({ tries, lastMs }: FailedStarts["runners"][number]): number {
  return lastMs + doubling(tries - 1, KEPT_OFF_MS, KEPT_OFF_MAX_MS);
}

function counted(before: FailedStarts | null, runner: string, nowMs: number): FailedStarts {
  const known = before ?? { count: 0, firstMs: nowMs, runners: [] };
  const tries = (known.runners.find(({ id }) => id === runner)?.tries ?? 0) + 1;
  const others = known.runners.filter(({ id }) => id !== runner);
  return { ...known, count: known.count + 1, runners: [...others, { id: runner, tries, lastMs: nowMs }] };
}

function isHopeless({ runners, count, firstMs }: FailedStarts, nowMs: number): boolean {
  return runners.length >= MAX_RUNNERS || (count >= MAX_TRIES && nowMs - firstMs >= MAX_TIME_MS);
}

function machines({ runners, count }: FailedStarts): string {
  return runners.length === 1 ? `its machine in ${count} tries` : `${runners.length} machines`;
}
