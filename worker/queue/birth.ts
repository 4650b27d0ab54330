/** How a job comes into its queue: by its create, by a terminate that came before it, or taken up from a runner. */
import type { Ref } from "../../shared/ids.ts";
import { type JobPlan, NO_RESOURCES } from "../../shared/plan.ts";
import type { CoreJob } from "../ucloud/control.ts";
import type { JobIdentity, NewJob } from "./api.ts";
import { drivesOf } from "./drives.ts";
import type { Job, Place, Telling, Terms } from "./job.ts";

function termsOf(plan: JobPlan): Terms {
  const { resources, gpuKind, exclusive, wallMs, stopGraceMs, maxSilenceMs, maxSuspendMs, network, output } = plan;
  const drives = drivesOf(plan);
  return {
    ...{ resources, gpuKind, wallMs, stopGraceMs, maxSilenceMs, output },
    ...(exclusive ? { exclusive } : {}),
    ...(maxSuspendMs === undefined ? {} : { maxSuspendMs }),
    ...(network === "none" ? {} : { network }),
    ...(drives.length === 0 ? {} : { drives }),
  };
}

const NO_TERMS: Terms = {
  resources: NO_RESOURCES,
  gpuKind: null,
  wallMs: 1,
  maxSilenceMs: null,
  output: "site",
};

/** With what the machine type says beside the plan. */
function termsAtCreate({ plan, maxWallMs, site }: NewJob): Terms {
  return {
    ...termsOf(plan),
    ...(maxWallMs === undefined ? {} : { maxWallMs }),
    ...(site === undefined ? {} : { site }),
  };
}

type Birth = { incarnation: string; place: Place; nowMs: number; guardUntilMs: number };

/** A job as it is stored at its create. `guardUntilMs`: see Telling. */
export function newJob(given: NewJob, birth: Birth): Job {
  return {
    ...bornDone(given, birth),
    workspace: given.plan.workspace,
    terms: termsAtCreate(given),
    ...(given.parameters?.length ? { parameters: given.parameters } : {}),
    cancelAsked: null,
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
