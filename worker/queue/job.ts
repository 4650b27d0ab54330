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
import type { JobPlan, Resources } from "../../shared/plan.ts";
import type { GatewayFrame } from "../../shared/protocol.ts";
import type { Times } from "../../shared/times.ts";
import type { CoreJob, JobUpdate, UcloudState } from "../ucloud/control.ts";
import type { JobIdentity, NewJob, Owner, SiteTerms, TimelineEntry } from "./api.ts";

export type Outcome = "SUCCESS" | "FAILURE" | "EXPIRED";

export type Place =
  | { state: "held"; hold: string; untilMs: number }
  /** `notBeforeMs`: 0, or the end of the pause after a failed start. */
  | { state: "queued"; notBeforeMs: number }
  | { state: "offered"; runner: string; untilMs: number }
  | { state: "claimed"; runner: string }
  /** Committed before `go` leaves. */
  | { state: "starting"; runner: string }
  | { state: "running"; runner: string }
  /** `owedBy`: a runner that may still have the container and has not answered its `cancel` yet. */
  | { state: "done"; outcome: Outcome; text: string; endedAtMs: number; owedBy: string | null };

/** What UCloud has been told, is being told, and is to be told. */
export type Telling = {
  /** The state that UCloud took last; null stands for the `IN_QUEUE` that it begins with. */
  told: UcloudState | null;
  /** Stored before it leaves. A state is repeated unchanged until answered. */
  update: JobUpdate | null;
  /** Since when `update` waits. */
  sinceMs: number;
  /** When to send `update`; null: nothing to tell. */
  dueMs: number | null;
  tries: number;
  /** A status line that waits for its turn, the one told last, and when. */
  line: string | null;
  lineTold: string | null;
  lineAtMs: number;
  /** No update before this: UCloud stores the create's answer first. */
  guardUntilMs: number;
  /** The create's answer was seen to leave, or UCloud's job was compared with this one. */
  confirmed: boolean;
  noes: { count: number; firstMs: number } | null;
  /** UCloud forgot the job: nothing more is told. */
  forgotten: boolean;
};

/** What the queue needs of a plan; the plan itself lies beside the job and is erased when the job has ended. */
export type Terms = {
  resources: Resources;
  gpuKind: string | null;
  wallMs: number;
  maxSilenceMs: number | null;
  /** Read by `siteTermsOf`. */
  site?: SiteTerms;
};

/** Starts that failed by a node's fault. `tries` and `lastMs` keep the job off that runner for a while. */
export type FailedStarts = {
  count: number;
  firstMs: number;
  runners: { id: string; tries: number; lastMs: number }[];
};

export type Job = {
  id: string;
  incarnation: string;
  createdAt: number;
  owner: Owner;
  productId: string;
  workspace: string;
  terms: Terms;
  /** Our clock; all ages count from here. */
  acceptedAtMs: number;
  /** Counts the offers; 0 before the first. */
  attempt: number;
  place: Place;
  /** When the program began to run, by the runner's word; null if it never did as far as we know. */
  startedAtMs: number | null;
  /** When it ended on the node, by the runner's word. */
  exitedAtMs?: number;
  /** UCloud said, when it was asked regularly, that it does not know the job. */
  missing?: { count: number; firstMs: number } | null;
  /** Replaced by a job with the same id: nothing is told of it. */
  mute: boolean;
  cancelAsked: { atMs: number; reason: string | null } | null;
  /** The user was told that the machine does not answer. */
  silenceTold: boolean;
  failedStarts: FailedStarts | null;
  telling: Telling;
  timeline: TimelineEntry[];
};

/** What every decision is told of the world. */
export type At = { nowMs: number; times: Times };

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

export function termsOf(plan: JobPlan): Terms {
  const { resources, gpuKind, wallMs, maxSilenceMs } = plan;
  return { resources, gpuKind, wallMs, maxSilenceMs };
}

const NO_TERMS: Terms = { resources: { cpu: 0, memoryBytes: 0, gpu: 0 }, gpuKind: null, wallMs: 1, maxSilenceMs: null };

type Birth = { incarnation: string; place: Place; nowMs: number; guardUntilMs: number };

/** A job as it is stored at its create. `guardUntilMs`: see Telling. */
export function newJob(given: NewJob, birth: Birth): Job {
  return {
    id: given.id,
    incarnation: birth.incarnation,
    createdAt: given.createdAt,
    owner: given.owner,
    productId: given.productId,
    workspace: given.plan.workspace,
    terms: { ...termsOf(given.plan), ...(given.site === undefined ? {} : { site: given.site }) },
    acceptedAtMs: birth.nowMs,
    attempt: 0,
    place: birth.place,
    startedAtMs: null,
    mute: false,
    cancelAsked: null,
    silenceTold: false,
    failedStarts: null,
    telling: nothingTold(birth.guardUntilMs, false),
    timeline: [{ atMs: birth.nowMs, what: "accepted" }],
  };
}

/** A job that a runner has started, and that UCloud has open, although the queue never heard of it. */
export function bornAdopted(
  { ref, runner }: { ref: Ref; runner: string },
  theirs: CoreJob,
  terms: Terms | null,
  nowMs: number,
): Job {
  const { createdAt, owner, product, startedAt, wallMs } = theirs;
  const hasRun = theirs.state === "RUNNING" || theirs.state === "SUSPENDED";
  const startedAtMs = hasRun ? (startedAt ?? nowMs) : null;
  const given = { id: ref.job, createdAt, owner, productId: product.id };
  const place: Place = { state: startedAtMs === null ? "starting" : "running", runner };
  const job = bornDone(given, { incarnation: ref.incarnation, place, nowMs, guardUntilMs: 0 });
  return {
    ...job,
    terms: { ...(terms ?? NO_TERMS), wallMs: wallMs ?? (terms ?? NO_TERMS).wallMs },
    attempt: ref.attempt,
    startedAtMs,
    cancelAsked: null,
    telling: { ...job.telling, told: startedAtMs === null ? null : "RUNNING" },
    timeline: [{ atMs: nowMs, what: "adopted", attempt: ref.attempt, runner }],
  };
}

/** A job that was terminated before we ever heard of it: it is born done. */
export function bornDone(given: JobIdentity & { productId: string }, birth: Birth): Job {
  const { createdBy, project } = given.owner;
  return {
    id: given.id,
    incarnation: birth.incarnation,
    createdAt: given.createdAt,
    owner: given.owner,
    productId: given.productId,
    workspace: project === null ? `user:${createdBy}` : `project:${project}`,
    terms: NO_TERMS,
    acceptedAtMs: birth.nowMs,
    attempt: 0,
    place: birth.place,
    startedAtMs: null,
    mute: false,
    cancelAsked: { atMs: birth.nowMs, reason: null },
    silenceTold: false,
    failedStarts: null,
    telling: nothingTold(birth.guardUntilMs, true),
    timeline: [{ atMs: birth.nowMs, what: "terminated before it was known" }],
  };
}

function nothingTold(guardUntilMs: number, confirmed: boolean): Telling {
  return {
    told: null,
    update: null,
    sinceMs: 0,
    dueMs: null,
    tries: 0,
    line: null,
    lineTold: null,
    lineAtMs: 0,
    guardUntilMs,
    confirmed,
    noes: null,
    forgotten: false,
  };
}
