/**
 * More running time. What is asked for becomes a total, so that the same call twice extends once, and it stands in the
 * row, from which `welcome` and the next offer repeat it. UCloud hears of it when the node counts with it; a job that
 * waits has no node.
 */
import type { ChangeAnswer, ChangeRefusal, Extension } from "./api.ts";
import { changeJobs } from "./change.ts";
import { type At, isActive, type Job, refOf, type Step } from "./job.ts";
import { outlastsMachine } from "./maintenance.ts";
import type { QueueState } from "./state.ts";
import { pausedMs } from "./suspension.ts";
import { note } from "./timeline.ts";
import { spelledMinutes } from "./words.ts";

const MINUTE_MS = 60_000;

export function extendJobs(state: QueueState, asked: readonly Extension[], at: At): ChangeAnswer {
  return changeJobs(state, asked, {
    objection: (job, one) => objectionTo(job, one, at) ?? outOfService(state, job, totalMs(job, one), at),
    carryOut: (job, one) => lengthen(job, totalMs(job, one), at),
  });
}

function totalMs({ terms, extended }: Job, { allocatedMs, requestedMs }: Extension): number {
  return (allocatedMs ?? extended?.createdWithMs ?? terms.wallMs) + requestedMs;
}

function objectionTo(job: Job, asked: Extension, at: At): ChangeRefusal | null {
  if (job.startedAtMs !== null && at.nowMs - job.startedAtMs - pausedMs(job, at.nowMs) >= job.terms.wallMs) {
    return { code: "used_up" };
  }
  const { maxWallMs } = job.terms;
  return maxWallMs !== undefined && totalMs(job, asked) > maxWallMs ? { code: "too_long", maxMs: maxWallMs } : null;
}

/** A machine's maintenance is not put off by its jobs; what was given them before it was planned stays theirs. */
function outOfService(state: QueueState, job: Job, wallMs: number, at: At): ChangeRefusal | null {
  const row = isActive(job.place) && wallMs > job.terms.wallMs ? state.runners.get(job.place.runner) : null;
  const atMs = row && outlastsMachine(job, wallMs, row, at);
  return atMs === null ? null : { code: "machine_closes", atMs };
}

function lengthen(job: Job, wantedMs: number, at: At): Step {
  const { place, terms } = job;
  const wallMs = Math.max(terms.wallMs, wantedMs);
  if (wallMs === terms.wallMs && isHeeded(job)) {
    return { job, send: [] };
  }
  const extended = job.extended ?? { createdWithMs: terms.wallMs, heededMs: null, toldMs: null };
  const longer: Job = { ...job, terms: { ...terms, wallMs }, extended };
  const noted = note(longer, at.nowMs, "extended", `${spelledMinutes(wallMs)} in all`);
  return {
    job: noted,
    send: isActive(place) ? [{ runner: place.runner, frame: { type: "extend", ref: refOf(job), wallMs } }] : [],
  };
}

/** Whether the node, if the job has one, counts with the row's total. */
export function isHeeded({ place, terms, extended }: Job): boolean {
  return extended === undefined || !isActive(place) || (extended.heededMs ?? 0) >= terms.wallMs;
}

/** By the node's own word. A queue that was put back to an earlier moment believes it. */
export function takeExtended(job: Job, wallMs: number): Job {
  const { terms } = job;
  const extended = job.extended ?? { createdWithMs: terms.wallMs, heededMs: null, toldMs: null };
  const heededMs = Math.max(extended.heededMs ?? 0, wallMs);
  return { ...job, terms: { ...terms, wallMs: Math.max(terms.wallMs, wallMs) }, extended: { ...extended, heededMs } };
}

/** The plan that is offered now carries the total, so whoever accepts it counts with it. */
export function offeredWith(job: Job): Pick<Job, "extended"> {
  const { extended, terms } = job;
  return extended === undefined ? {} : { extended: { ...extended, heededMs: terms.wallMs } };
}

/** What UCloud is to be told, in whole minutes: it drops the rest, and a job must not seem to end before it does. */
export function allocationToTell({ place, terms, extended }: Job): number | null {
  if (extended === undefined) {
    return null;
  }
  const heededMs = isActive(place) || place.state === "done" ? extended.heededMs : terms.wallMs;
  const minutesMs = heededMs === null ? 0 : Math.ceil(heededMs / MINUTE_MS) * MINUTE_MS;
  return minutesMs > (extended.toldMs ?? 0) ? minutesMs : null;
}
