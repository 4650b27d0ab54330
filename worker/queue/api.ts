/**
 * What the Worker asks of a JobQueue object: the shapes of its RPC methods. They change additively, because during a
 * deploy a new Worker calls an old object for minutes.
 */

import type { Capacity } from "../../shared/capacity.ts";
import type { JobPlan, Resources } from "../../shared/plan.ts";
import type { JobCopy } from "./job-schema.ts";
import type { Used } from "./usage.ts";

export type Owner = { createdBy: string; project: string | null };

/** Who a call about a job means: same id, `createdAt` and owner is the same job. */
export type JobIdentity = { id: string; createdAt: number; owner: Owner };

/** A job as UCloud shows it. */
export type OpenJob = JobIdentity & { product: { id: string; category: string }; state?: string | null };

/** `isOver`: UCloud itself shows the job in a final state. */
export type Termination = JobIdentity & { productId: string; isOver?: boolean };

/** The site's rules about a job. `units`: what it holds of what its category charges, cores or GPUs. */
export type SiteTerms = { maxQueueMs: number; fundsGraceMs: number; units: number };

/**
 * A job as the gateway has compiled it. `productId` is UCloud's product name, `maxWallMs` its longest running time,
 * `parameters` the names of those that its user gave.
 */
export type NewJob = JobIdentity & {
  productId: string;
  plan: JobPlan;
  maxWallMs?: number;
  site?: SiteTerms;
  parameters?: string[];
};

/** `allocatedMs`: the running time as UCloud has it, null where the job was given none of its own. */
export type Extension = JobIdentity & { allocatedMs: number | null; requestedMs: number };

/** Why a job cannot be changed now; nothing of the call was done. `index` counts the items of this call. */
export type ChangeAnswer = { kind: "done" } | ({ kind: "refused"; index: number } & ChangeRefusal);
export type ChangeRefusal =
  | { code: "unknown" | "ended" | "ending" | "used_up" | "not_running" | "has_gpus" }
  | { code: "too_long"; maxMs: number }
  | { code: "machine_closes"; atMs: number };

/**
 * `stored`: how many jobs wait in this queue (counted to 20), and how many of this call wait for their release.
 * `refused`: nothing of the call was stored. `index` counts the items of this call.
 * The codes but `drive_not_served` are those of `worker/http/errors.ts`.
 */
export type CreateAnswer =
  | { kind: "stored"; waiting: number; held: number; queueStatus?: QueueStatus }
  | { kind: "refused"; index: number; code: "refresh_refused" | "queue_full" | "not_enough_compute_credits" }
  | DriveRefusal;
/** No machine has this drive of the job for its workspace. `isApart`: one has it, but not with its other drives. */
type DriveRefusal = { kind: "refused"; index: number; code: "drive_not_served"; drive: string; isApart: boolean };

/** Of UCloud's words those that we use. `BUSY`: a job that comes now has to wait. */
export type QueueStatus = "AVAILABLE" | "BUSY";

export type RunnerIdentity = {
  id: string;
  name: string;
  /** Raw Ed25519 public key, base64. */
  publicKey: string;
  /** The enrolment that gave it the key. */
  enrolledAt?: number;
  /** Where it calls from; of IPv6 the /64. */
  address?: string;
};

/** Takes no new jobs, by an administrator's word: from `from` on (absent: at once) to `until` (null: to `resume`). */
export type Drained = { reason: string; by: string; since: number; until: number | null; from?: number };

/** What administrators have decided about a runner. `word` is a moment that only grows: a late word is known by it. */
export type Standing = { word: number; drained: Drained | null; lost: { word: number; reason: string } | null };

/** Fails to start jobs: it is tried again with one job at a time. `probeAt`: not before. */
export type Degraded = { reason: string; since: number; probeAt: number };

export type QueueRunner = {
  id: string;
  name: string;
  connected: boolean;
  silentForMs: number | null;
  version: string;
  /** Where it called from last, and the machine's own name. Null: it has not said hello yet. */
  address: string | null;
  hostname: string | null;
  /** Its version; absent from an object of an earlier release. */
  podman?: string | null;
  capacity: Capacity;
  /** What its jobs hold; absent from an object of an earlier release. */
  used?: Resources;
  jobs: string[];
  degraded: Degraded | null;
  /** Its own operator takes it out of service then; absent: nothing is planned. */
  closesAt?: number;
  revoked: boolean;
};

/** What an administrator may do with a job, beside cancelling it. */
export type JobVerb = "fail" | "resend" | "discard";
export type JobAnswer = { kind: "changed"; job: JobSummary } | { kind: "unknown" | "not_over" };

/** Nothing new is offered. */
export type Paused = { reason: string | null; by: string; since: number };

export type JobSummary = {
  id: string;
  category: string;
  incarnation: string;
  state: string;
  attempt: number;
  runner: string | null;
  /** The last state that UCloud confirmed, null before any. */
  told: string | null;
  /** One sentence: what the job waits for now; null when it waits for nothing. */
  waitsFor: string | null;
};

/** `atMs` is our clock. */
export type TimelineEntry = { atMs: number; what: string; attempt?: number; runner?: string; detail?: string };
/** `parameters` are names only. */
export type JobDetail = JobSummary & {
  acceptedAt: number;
  createdAt: number;
  product: string;
  workspace: string;
  parameters: string[];
  timeline: TimelineEntry[];
  older: JobSummary[];
};

/** A job as those who look at its log need it. */
export type WatchedState = {
  state: "waiting" | "running" | "over";
  attempt: number;
  /** Who has the log; null: there is none. */
  runner: string | null;
  startedAtMs: number | null;
  /** UCloud knows that the job is over. */
  isTold: boolean;
  /** The last bytes of an ended job's output, base64. */
  tail: string | null;
};
/** `isAsked`: the runner can be reached and was asked to bring the log. */
export type Watched = WatchedState & { isAsked: boolean };
export type JobKey = { id: string; incarnation: string };

/** What a queue has used of the platform on a day (UTC), as far as its memory lasted; see docs/operations.md. */
export type DayUse = { date: string; requests: number; frames: number; rowsRead: number; rowsWritten: number };

export type QueueSummary = {
  name: string;
  queued: number;
  held: number;
  active: number;
  finished: number;
  undelivered: number;
  runners: number;
  refreshRefusedSince: number | null;
  paused: Paused | null;
  /** Put back then, and not compared with UCloud to the end yet. */
  restoredSince: number | null;
  queueStatus: QueueStatus;
  today: DayUse;
};

/** `running`: at a machine. */
export type QueueLoad = {
  machines: { id: string; total: Resources }[];
  used: Resources;
  running: number;
  pending: number;
};

export type Undelivered = {
  id: string;
  category: string;
  incarnation: string;
  state: string;
  sinceMs: number;
  tries: number;
  why: string;
};

/** Where a copy of the queue goes on. */
export type CopyPlace = JobKey & { part: "jobs" | "uses" };
export type QueueCopy = { jobs: JobCopy[]; uses: Used[] };
export type Pasted = { taken: number; known: number };

/** The object's RPC methods. */
/** `clockAheadMs`: UCloud's clock, by its last answer. */
export type QueueHealth = { refreshRefusedSince: number | null; clockAheadMs: number };

export interface QueueApi {
  /** Stores all or nothing. With `hold` the jobs are not offered until `release(hold)`; discarded after `holdMs`. */
  create(jobs: NewJob[], hold: string | null): Promise<CreateAnswer>;
  release(hold: string): Promise<boolean>;
  /** The create's answer has left: the guard may begin to count. Unknown ids are ignored. */
  answered(jobs: JobIdentity[]): Promise<void>;
  terminate(jobs: Termination[]): Promise<void>;
  /** All of the call or nothing. */
  extend(jobs: Extension[]): Promise<ChangeAnswer>;
  /** Suspends the jobs, or lets them go on: all of the call or nothing. */
  suspend(jobs: JobIdentity[], wanted: boolean): Promise<ChangeAnswer>;
  /** Idempotent; the runner is refused from its next frame on. Says nothing of an enrolment after `enrolledAt`. */
  revoke(runnerId: string, reason: string, enrolledAt?: number): Promise<void>;
  /** A runner that enrolled again, at `enrolledAt`: older keys' sockets are closed, a revocation of before is lifted. */
  reinstate(runnerId: string, enrolledAt?: number): Promise<void>;
  /** A runner that enrolled again, at `enrolledAt`, without this category. */
  drop(runnerId: string, enrolledAt: number): Promise<void>;
  /** What administrators have decided about a runner; an older word than one that was heard changes nothing. */
  heed(runnerId: string, standing: Standing): Promise<void>;
  /** A runner that is on no list any more, and never comes back. */
  dismiss(runnerId: string): Promise<void>;
  health(): Promise<QueueHealth>;
  jobs(after: string | null, limit: number): Promise<{ items: JobSummary[]; next: string | null }>;
  job(id: string): Promise<JobDetail | null>;
  runners(): Promise<QueueRunner[]>;
  summary(): Promise<QueueSummary>;
  load(): Promise<QueueLoad>;
  undelivered(limit: number): Promise<Undelivered[]>;
  /** What is held goes on; done by the alarm. */
  reconcile(): Promise<QueueSummary>;
  /** The older UCloud shows what it has open. */
  verify(jobs: OpenJob[]): Promise<void>;
  /** Ends a job as the user's cancel would, with a reason that the user reads; null: no such job. */
  cancel(id: string, reason: string): Promise<JobSummary | null>;
  decide(id: string, verb: JobVerb, reason: string): Promise<JobAnswer>;
  /** Null: nothing is held back any more. */
  pause(pause: { reason: string | null; by: string } | null): Promise<QueueSummary>;
  /** It was put back to an earlier moment: paused, and compared with UCloud before anything is told. */
  restored(given: { reason: string | null; by: string }): Promise<QueueSummary>;
  /** A page of its copy, JSON texts. */
  copy(place: CopyPlace | null): Promise<{ items: string[]; next: CopyPlace | null }>;
  /** Null: it has jobs of its own and is not paused. */
  paste(copy: QueueCopy, by: string): Promise<Pasted | null>;
  /** The job that UCloud means; null: not known here. */
  find(identity: JobIdentity): Promise<{ incarnation: string; output: "edge" | "site" } | null>;
  /** A relay's question, and its wish to hear of changes; null: there is no such log. */
  watch(key: JobKey, dial: boolean): Promise<Watched | null>;
  unwatch(key: JobKey): Promise<void>;
  /** Whether this runner was asked for the log of this attempt. */
  mayServe(key: JobKey & { attempt: number }, runner: string, nonce: string): Promise<boolean>;
}
