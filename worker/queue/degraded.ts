/**
 * A machine that fails to start jobs. A broken one fails fastest and would eat the queue, so after two failed starts in a
 * row, of different jobs, it is offered one job at a time, ever more rarely, until a program has started there.
 */
import { doubling } from "../../shared/backoff.ts";
import { type Failure, type FailureCode, failureText, sideOf } from "../../shared/failure.ts";
import type { At, Job } from "./job.ts";
import type { FailedStart, RunnerRow } from "./runner-store.ts";
import type { QueueState } from "./state.ts";

const PROBE_MS = 60_000;
const PROBE_MAX_MS = 900_000;

/** A user who names a registry that never answers must not take machines from others: only two workspaces prove these. */
const PERHAPS_THE_JOBS: FailureCode[] = [
  "registry_unavailable",
  "pull_failed",
  "drive_unavailable",
  "drive_not_allowed",
  "renderer_failed",
];

/** The runner says that it could not start `job`. */
export function noteFailedStart(state: QueueState, runner: string, job: Job, failure: Failure, at: At): void {
  const row = state.runners.get(runner);
  if (row === null || sideOf(failure) !== "node" || failure.code === "restarted" || job.cancelAsked) {
    return;
  }
  const failed = { ...row, failedStart: { job: job.id, workspace: job.workspace, atMs: at.nowMs } };
  const reason = failureText(failure);
  if (row.trouble !== null) {
    const probeAtMs = at.nowMs + waitMs(row.trouble.probes);
    state.runners.save({ ...failed, trouble: { ...row.trouble, reason, probeAtMs } });
    return;
  }
  if (!isSecond(row.failedStart, job, failure)) {
    state.runners.save(failed);
    return;
  }
  const trouble = { reason, sinceMs: at.nowMs, probes: 0, probeAtMs: at.nowMs + waitMs(0) };
  state.runners.save({ ...failed, trouble });
  state.ports.event("runner.degraded", { runner, code: failure.code });
}

function isSecond(last: FailedStart | null, { id, workspace }: Job, { code }: Failure): boolean {
  return last !== null && last.job !== id && (last.workspace !== workspace || !PERHAPS_THE_JOBS.includes(code));
}

/** A program has begun to run there. One that began before the last failure proves nothing. */
export function noteStart(state: QueueState, runner: string, startedAtMs: number): void {
  const row = state.runners.get(runner);
  if (row?.failedStart == null || startedAtMs < row.failedStart.atMs) {
    return;
  }
  state.runners.save({ ...row, failedStart: null, trouble: null });
  if (row.trouble !== null) {
    state.ports.event("runner.recovered", { runner });
  }
}

/** Whether it may be tried with a job now: the last one has shown its end, and the wait is over. */
export function mayProbe(state: QueueState, { id, trouble }: RunnerRow, { nowMs }: At): boolean {
  const isDue = trouble === null || trouble.probeAtMs <= nowMs;
  return isDue && !state.jobs.heldBy(id).some(({ place }) => place.state !== "running");
}

/** It was offered a job. */
export function noteProbe(state: QueueState, runner: string, { nowMs }: At): void {
  const row = state.runners.get(runner);
  if (row?.trouble != null) {
    const probes = row.trouble.probes + 1;
    state.runners.save({ ...row, trouble: { ...row.trouble, probes, probeAtMs: nowMs + waitMs(probes) } });
  }
}

function waitMs(probes: number): number {
  return doubling(probes, PROBE_MS, PROBE_MAX_MS);
}
