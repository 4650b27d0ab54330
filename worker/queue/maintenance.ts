/**
 * Machines that take no new jobs from a moment on, by an administrator's word or their own operator's. Until then one is
 * offered what will be over by then, so that nobody has to be stopped.
 */
import type { At, Job, Terms } from "./job.ts";
import type { RunnerRow } from "./runner-store.ts";
import { pausedMs } from "./suspension.ts";

/** From the offer to the start. What a slow pull takes more is not known before. */
const ON_THE_WAY_MS = 60_000;
/** Of jobs that were stored by an earlier release. */
const USUAL_GRACE_MS = 30_000;

type Closing = Pick<RunnerRow, "drained" | "closesAtMs">;

export function isDrained({ drained }: Closing, nowMs: number): boolean {
  return drained !== null && (drained.from ?? 0) <= nowMs;
}

/** When it closes; Infinity: nobody has said so. */
export function closesAtMs({ drained, closesAtMs }: Closing, nowMs: number): number {
  const moments = [drained?.from ?? null, closesAtMs].filter((ms) => ms !== null && ms > nowMs);
  return Math.min(Number.POSITIVE_INFINITY, ...moments.map(Number));
}

/** When a job is over at the latest that is offered now. */
export function endsByMs(
  { wallMs, stopGraceMs = USUAL_GRACE_MS }: Pick<Terms, "wallMs" | "stopGraceMs">,
  nowMs: number,
) {
  return nowMs + ON_THE_WAY_MS + wallMs + stopGraceMs;
}

/** When its machine closes, if a job that has the running time `wallMs` in all from now on would still be on it. */
export function outlastsMachine(job: Job, wallMs: number, row: RunnerRow, { nowMs }: At): number | null {
  const closesMs = closesAtMs(row, nowMs);
  const { startedAtMs } = job;
  const beganMs = startedAtMs === null ? nowMs : startedAtMs + pausedMs(job, nowMs);
  const endsMs = beganMs + wallMs + (job.terms.stopGraceMs ?? USUAL_GRACE_MS);
  return endsMs > closesMs ? closesMs : null;
}
