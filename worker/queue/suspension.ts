/**
 * Suspending a running job and letting it go on. What its user wants is an order with a number, kept in the row and
 * repeated by `welcome`; what is so, and what UCloud hears, is the node's word alone.
 */
import type { Fact } from "../../shared/protocol.ts";
import type { ChangeAnswer, ChangeRefusal, JobIdentity } from "./api.ts";
import { changeJobs } from "./change.ts";
import { type At, type Job, refOf, type Step, type Suspension } from "./job.ts";
import type { QueueState } from "./state.ts";
import { note } from "./timeline.ts";

const NEVER: Suspension = { n: 0, wanted: false, sinceMs: null, pausedMs: 0, byLimit: false, heard: 0 };
/** Of jobs whose plan names none. */
export const MAX_SUSPEND_MS = 86_400_000;

export function suspendJobs(state: QueueState, asked: readonly JobIdentity[], wanted: boolean, at: At): ChangeAnswer {
  return changeJobs(state, asked, {
    objection: (job) => objectionTo(job, wanted),
    carryOut: (job) => order(job, wanted, at),
  });
}

function objectionTo(job: Job, wanted: boolean): ChangeRefusal | null {
  if (job.place.state !== "running") {
    return { code: "not_running" };
  }
  return wanted && job.terms.resources.gpu > 0 ? { code: "has_gpus" } : null;
}

/** Wanted already: the node is told again unless it has answered, and nothing else happens. */
function order(job: Job, wanted: boolean, at: At): Step {
  const { suspension = NEVER, place } = job;
  if (place.state !== "running" || (suspension.wanted === wanted && (suspension.sinceMs !== null) === wanted)) {
    return { job, send: [] };
  }
  const n = suspension.wanted === wanted ? suspension.n : suspension.n + 1;
  const asked: Job = { ...job, suspension: { ...suspension, n, wanted, byLimit: false } };
  return {
    job: note(asked, at.nowMs, wanted ? "suspension asked" : "resumption asked"),
    send: [{ runner: place.runner, frame: { type: wanted ? "suspend" : "resume", ref: refOf(job), n } }],
  };
}

/** The node's word. It knows more of a job than a queue that was put back to an earlier moment. */
export function takeSuspension(job: Job, fact: Extract<Fact, { kind: "suspended" | "resumed" }>, at: At): Job {
  const before = job.suspension ?? NEVER;
  const isPaused = fact.kind === "suspended";
  const place = 2 * fact.n + (isPaused ? 0 : 1);
  if (place <= before.heard) {
    return job;
  }
  const atMs = at.nowMs - fact.agoMs;
  const isNewest = fact.n >= before.n;
  const byLimit = !isPaused && fact.kind === "resumed" && fact.byLimit;
  const suspension: Suspension = {
    n: Math.max(before.n, fact.n),
    wanted: isNewest ? isPaused : before.wanted,
    sinceMs: isPaused ? (before.sinceMs ?? atMs) : null,
    pausedMs: isPaused ? before.pausedMs : before.pausedMs + spanMs(before.sinceMs, atMs),
    byLimit,
    heard: place,
  };
  return note({ ...job, suspension }, at.nowMs, isPaused ? "suspended" : "resumed", byLimit ? "by itself" : undefined);
}

function spanMs(sinceMs: number | null, untilMs: number): number {
  return sinceMs === null ? 0 : Math.max(0, untilMs - sinceMs);
}

export function isSuspended({ suspension }: Job): boolean {
  return typeof suspension?.sinceMs === "number";
}

/** How long the job has stood still until now, by the node's words. */
export function pausedMs({ suspension = NEVER }: Job, nowMs: number): number {
  return suspension.pausedMs + spanMs(suspension.sinceMs, nowMs);
}

/** How long it can have stood still at the most when it ends without another order. */
export function mostPausedMs({ suspension = NEVER, terms }: Job): number {
  const mayPause = suspension.wanted || suspension.sinceMs !== null;
  return suspension.pausedMs + (mayPause ? (terms.maxSuspendMs ?? MAX_SUSPEND_MS) : 0);
}

/** What `welcome` repeats. */
export function orderOf({ suspension }: Job): { n: number; wanted: boolean } | undefined {
  return suspension === undefined ? undefined : { n: suspension.n, wanted: suspension.wanted };
}
