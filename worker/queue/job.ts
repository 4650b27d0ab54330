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
import type { JobNetwork, JobPlan, Resources } from "../../shared/plan.ts";
import type { GatewayFrame } from "../../shared/protocol.ts";
import type { Times } from "../../shared/times.ts";
import type { JobUpdate, UcloudState } from "../ucloud/control.ts";
import type { Owner, SiteTerms, TimelineEntry } from "./api.ts";

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
  /**
   * `owedBy`: a runner that may still have the container and has not answered its `cancel` yet. `ranOn`: the one that
   * was granted the start and has the log.
   */
  | {
      state: "done";
      outcome: Outcome;
      text: string;
      endedAtMs: number;
      owedBy: string | null;
      ranOn: string | null;
    };

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
  /** An administrator gave up telling UCloud of its end. */
  discarded?: boolean;
};

/** What the queue needs of a plan; the plan itself lies beside the job and is erased when the job has ended. */
export type Terms = {
  resources: Resources;
  gpuKind: string | null;
  /** Has its machine to itself. */
  exclusive?: boolean;
  wallMs: number;
  /** Absent from rows of an earlier release. */
  stopGraceMs?: number;
  maxSilenceMs: number | null;
  /** `site`: nothing that the program writes leaves the node. */
  output: JobPlan["output"];
  /** What the running time may be extended to; the machine type's at the job's create. */
  maxWallMs?: number;
  maxSuspendMs?: number;
  /** Absent: none. */
  network?: JobNetwork;
  /** Those of its files, each once and sorted; absent: none. */
  drives?: string[];
  /** Read by `siteTermsOf`. */
  site?: SiteTerms;
};

/** A running time that was extended; `terms.wallMs` is the whole of it, as it was asked for. */
export type Extended = {
  /** As the job was created, for who extends a job that was given no time of its own. */
  createdWithMs: number;
  /** What the node counts against by its own word; null: it has not said so yet. */
  heededMs: number | null;
  /** What UCloud was told, in whole minutes. */
  toldMs: number | null;
};

/** Starts that failed by a node's fault. `tries` and `lastMs` keep the job off that runner for a while. */
export type FailedStarts = {
  count: number;
  firstMs: number;
  runners: { id: string; tries: number; lastMs: number }[];
};

/** A job that was suspended at least once. */
export type Suspension = {
  /** The newest order, and whether it wants a pause. */
  n: number;
  wanted: boolean;
  /** By the node's word: since when the program stands still; null: it runs. */
  sinceMs: number | null;
  /** The pauses that are over. */
  pausedMs: number;
  /** The node ended the pause, which had lasted as long as it may. */
  byLimit: boolean;
  /** How far the node's words have been heard: they come again until they are acknowledged. */
  heard: number;
};

export type Job = {
  id: string;
  incarnation: string;
  createdAt: number;
  owner: Owner;
  productId: string;
  workspace: string;
  /** Names of those that its user gave; absent: none. */
  parameters?: string[];
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
  /** Absent until the runner has named it. */
  outputFolder?: { path: string; isTold: boolean };
  /** Absent until the running time is extended. */
  extended?: Extended;
  /** Absent until it is suspended. */
  suspension?: Suspension;
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
