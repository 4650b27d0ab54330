/**
 * A job as its queue keeps it. Everything here is data; the decisions about it are pure functions beside this file.
 *
 *   held ─▶ queued ─offer▶ offered ─accept▶ claimed ─go▶ starting ─started▶ running ─exited▶ done
 *             ▲               │                │             │
 *             └───────────────┴── refused, late, silent      └── only by the runner's own `not-started`
 *
 * A job is never granted twice: a second copy of a research job could overwrite the first one's output.
 */
import type { Ref } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { GatewayFrame } from "../../shared/protocol.ts";
import type { JobUpdate, UcloudState } from "../ucloud/control.ts";
import type { NewJob, Owner, TimelineEntry } from "./api.ts";

export type Outcome = "SUCCESS" | "FAILURE" | "EXPIRED";

export type Place =
  | { state: "held"; hold: string; untilMs: number }
  /** `notBeforeMs`: 0, or the end of the pause after a failed start. */
  | { state: "queued"; notBeforeMs: number }
  | { state: "offered"; runner: string; untilMs: number }
  | { state: "claimed"; runner: string }
  /** Committed before `go` leaves. */
  | { state: "starting"; runner: string; grantedAtMs: number }
  | { state: "running"; runner: string }
  /** `owedBy`: a runner that may still have the container and has not answered its `cancel` yet. */
  | { state: "done"; outcome: Outcome; text: string; endedAtMs: number; owedBy: string | null };

/** What UCloud has been told, is being told, and is to be told. */
export type Telling = {
  /** The state that UCloud confirmed last; `IN_QUEUE` is what it begins with, null before any answer. */
  told: UcloudState | null;
  /** Stored before it leaves, repeated unchanged until answered. */
  update: JobUpdate | null;
  sinceMs: number;
  /** A status line that waits for its turn, and the one told last. */
  line: string | null;
  lineTold: string | null;
  /** When to send `update`; null: nothing to tell. */
  dueMs: number | null;
  /** No update before this: the create's answer must have been stored by UCloud. */
  guardUntilMs: number;
  /** The create's answer was seen to leave, or UCloud's job was compared with this one. */
  confirmed: boolean;
  tries: number;
  noes: { count: number; firstMs: number } | null;
  /** UCloud forgot the job: nothing more is told. */
  forgotten: boolean;
};

export type FailedStart = { runner: string; atMs: number; text: string };

export type Job = {
  id: string;
  incarnation: string;
  createdAt: number;
  owner: Owner;
  productId: string;
  workspace: string;
  /** Our clock; all ages count from here. */
  acceptedAtMs: number;
  /** Erased when the job has ended. */
  plan: JobPlan | null;
  attempt: number;
  place: Place;
  /** When the program began to run, by the runner's word; null if it never did as far as we know. */
  startedAtMs: number | null;
  /** Replaced by a job with the same id: nothing is told of it. */
  mute: boolean;
  cancelAsked: { atMs: number; reason: string | null } | null;
  /** The user was told that the machine does not answer. */
  silenceTold: boolean;
  failedStarts: FailedStart[];
  telling: Telling;
  timeline: TimelineEntry[];
};

export type Sent = { runner: string; frame: GatewayFrame };
/** A decision: the row as it is from now on, and the frames to send once it is stored. */
export type Step = { job: Job; send: Sent[] };

export type Active = Extract<Place, { runner: string }>;

export function isActive(place: Place): place is Active {
  return "runner" in place;
}

export function isDone(job: Job): boolean {
  return job.place.state === "done";
}

/** Whether a start may have been granted to the runner that holds the job. */
export function wasGranted(place: Place): place is Extract<Place, { state: "starting" | "running" }> {
  return place.state === "starting" || place.state === "running";
}

export function refOf(job: Pick<Job, "id" | "incarnation" | "attempt">): Ref {
  return { job: job.id, incarnation: job.incarnation, attempt: job.attempt, rank: 0 };
}

export function sameIdentity(job: Job, other: { createdAt: number; owner: Owner }): boolean {
  return (
    job.createdAt === other.createdAt &&
    job.owner.createdBy === other.owner.createdBy &&
    job.owner.project === other.owner.project
  );
}

/** A job as it is stored at its create. `guardUntilMs`: see Telling. */
export function newJob(given: NewJob, options: { incarnation: string; place: Place; nowMs: number; guardUntilMs: number }): Job {
  return {
    id: given.id,
    incarnation: options.incarnation,
    createdAt: given.createdAt,
    owner: given.owner,
    productId: given.productId,
    workspace: given.plan.workspace,
    acceptedAtMs: options.nowMs,
    plan: given.plan,
    attempt: 0,
    place: options.place,
    startedAtMs: null,
    mute: false,
    cancelAsked: null,
    silenceTold: false,
    failedStarts: [],
    telling: nothingTold(options.guardUntilMs, false),
    timeline: [{ atMs: options.nowMs, what: "accepted" }],
  };
}

export function nothingTold(guardUntilMs: number, confirmed: boolean): Telling {
  return {
    told: null,
    update: null,
    sinceMs: 0,
    line: null,
    lineTold: null,
    dueMs: null,
    guardUntilMs,
    confirmed,
    tries: 0,
    noes: null,
    forgotten: false,
  };
}
