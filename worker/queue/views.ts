/** What administrators see of a queue. Names and times only; no value that a user wrote. */
import { NO_RESOURCES, type Resources } from "../../shared/plan.ts";
import { spelledMoment } from "../../shared/text.ts";
import type { JobDetail, JobSummary, QueueRunner, QueueSummary, Undelivered } from "./api.ts";
import { isWelcomed } from "./badge.ts";
import type { Held } from "./held.ts";
import { isActive, type Job } from "./job.ts";
import { readUsage } from "./lanes.ts";
import { queueStatus } from "./load.ts";
import { obstacleOf, type Situation, situationOf } from "./obstacle.ts";
import type { RunnerRow } from "./runner-store.ts";
import { silentForMs } from "./signs.ts";
import type { QueueState } from "./state.ts";
import { isSuspended } from "./suspension.ts";

const MAX_OLDER = 20;

/** Looked up once for a whole list and only if a job waits for one. */
type LookUp = () => Situation;

function lookUpOf(state: QueueState): LookUp {
  let known: Situation | null = null;
  return () => {
    known ??= situationOf(state, state.at());
    return known;
  };
}

export function summarize(state: QueueState, job: Job, lookUp: LookUp = lookUpOf(state)): JobSummary {
  return {
    id: job.id,
    category: state.ports.category,
    incarnation: job.incarnation,
    state: stateOf(job),
    attempt: job.attempt,
    runner: isActive(job.place) ? job.place.runner : null,
    told: job.telling.told,
    waitsFor: waitsFor(state, job, lookUp),
  };
}

function stateOf(job: Job): string {
  if (job.place.state === "done") {
    return job.place.outcome;
  }
  return isSuspended(job) ? "suspended" : job.place.state;
}

export function viewJob(state: QueueState, id: string): JobDetail | null {
  const [newest, ...older] = state.jobs.incarnations(id, MAX_OLDER + 1);
  if (newest === undefined) {
    return null;
  }
  return {
    ...summarize(state, newest),
    acceptedAt: newest.acceptedAtMs,
    createdAt: newest.createdAt,
    product: newest.productId,
    workspace: newest.workspace,
    parameters: newest.parameters ?? [],
    timeline: newest.timeline,
    older: older.map((job) => summarize(state, job)),
  };
}

export function viewJobs(
  state: QueueState,
  after: string | null,
  limit: number,
): { items: JobSummary[]; next: string | null } {
  const jobs = state.jobs.page(after ?? "", limit + 1);
  const lookUp = lookUpOf(state);
  const items = jobs.slice(0, limit).map((job) => summarize(state, job, lookUp));
  return { items, next: jobs.length > limit ? (items.at(-1)?.id ?? null) : null };
}

export function viewRunners(state: QueueState): QueueRunner[] {
  const { byRunner } = readUsage(state.ports.sql);
  return state.runners.all().map((row) => viewRunner(state, row, byRunner.get(row.id)?.used ?? NO_RESOURCES));
}

function viewRunner(state: QueueState, row: RunnerRow, used: Resources): QueueRunner {
  return {
    id: row.id,
    name: row.name,
    connected: state.ports.lines(row.id).some((line) => isWelcomed(line.badge())),
    silentForMs: silentForMs(state, row.id),
    version: row.version,
    address: row.address,
    hostname: row.hostname,
    podman: row.podman,
    capacity: row.capacity,
    used,
    jobs: state.jobs.heldBy(row.id).map(({ id }) => id),
    degraded: row.trouble && { reason: row.trouble.reason, since: row.trouble.sinceMs, probeAt: row.trouble.probeAtMs },
    ...(row.closesAtMs === null ? {} : { closesAt: row.closesAtMs }),
    revoked: row.revoked,
  };
}

export function viewQueue(state: QueueState): QueueSummary {
  const counts = state.jobs.countByState();
  const sum = (...states: Job["place"]["state"][]) =>
    states.reduce((total, name) => total + (counts.get(name) ?? 0), 0);
  return {
    name: state.ports.category,
    queued: sum("queued"),
    held: sum("held"),
    active: sum("offered", "claimed", "starting", "running"),
    finished: sum("done"),
    undelivered: state.jobs.countUntold(),
    runners: state.runners.all().length,
    refreshRefusedSince: state.settings.get().refreshRefusedSinceMs,
    paused: state.settings.get().paused,
    restoredSince: state.settings.get().restored?.sinceMs ?? null,
    queueStatus: queueStatus(state),
    today: state.settings.today(),
  };
}

export function viewUndelivered(state: QueueState, limit: number): Undelivered[] {
  const nowMs = state.ports.nowMs();
  const held = state.held.all(limit).map((one) => viewHeld(state, one, nowMs));
  const untold = state.jobs.untold(limit).map((job) => ({
    id: job.id,
    category: state.ports.category,
    incarnation: job.incarnation,
    state: job.telling.update?.state ?? "status",
    sinceMs: nowMs - job.telling.sinceMs,
    tries: job.telling.tries,
    why: whyUntold(state, job),
  }));
  return [...held, ...untold].slice(0, limit);
}

function viewHeld(state: QueueState, held: Held, nowMs: number): Undelivered {
  const { id, incarnation, sinceMs } = held;
  return {
    ...{ id, category: state.ports.category, incarnation, state: `held: ${held.kind}` },
    ...{ sinceMs: nowMs - sinceMs, tries: 0, why: whyHeld(held) },
  };
}

function whyHeld(held: Held): string {
  switch (held.kind) {
    case "forgotten":
      return held.by === "young"
        ? "UCloud does not know the job; this queue is too young to end it for that"
        : "UCloud does not know the job; too many were ended for that already, reconcile goes on";
    case "foreign":
      return "UCloud shows the job as open; it was never accepted here";
    case "adopt":
      return held.isRefused
        ? "a runner has the job; UCloud does not have it open in this category, reconcile stops it"
        : "a runner has the job; UCloud is being asked about it";
    default:
      return held satisfies never;
  }
}

function whyUntold(state: QueueState, { telling }: Job): string {
  const { outage, refreshRefusedSinceMs } = state.settings.get();
  if (refreshRefusedSinceMs !== null) {
    return "UCloud refuses our refresh token";
  }
  if (outage !== null) {
    return outage.status === null ? "UCloud does not answer" : `UCloud answers ${outage.status}`;
  }
  if (telling.noes !== null) {
    return "UCloud says that it does not know the job";
  }
  if (telling.tries > 0) {
    return "UCloud refuses the update";
  }
  return telling.confirmed ? "about to be told" : "waits until UCloud has stored our answer";
}

/** One sentence; null when the job waits for nothing. */
function waitsFor(state: QueueState, job: Job, lookUp: LookUp): string | null {
  const { place, telling } = job;
  switch (place.state) {
    case "held":
      return "the other categories of the same call";
    case "queued":
      return place.notBeforeMs > 0 ? "a pause after a start that failed" : whyQueued(job, lookUp());
    case "offered":
      return "the runner's answer to the offer";
    case "claimed":
      return "the runner to have the image";
    case "starting":
      return "the runner's word that the program runs";
    case "running":
      return job.cancelAsked ? "the runner to stop it" : whyRunning(job);
    case "done":
      return telling.update === null ? null : `UCloud to be told: ${whyUntold(state, job)}`;
    default:
      return place satisfies never;
  }
}

function whyRunning(job: Job): string {
  const isWanted = job.suspension?.wanted ?? false;
  if (isWanted !== isSuspended(job)) {
    return isWanted ? "the runner to suspend it" : "the runner to let it go on";
  }
  return isWanted ? "its user, who has suspended it" : "its own end";
}

const WHY_QUEUED = {
  paused: "its queue to be resumed: it is paused",
  none_connected: "a runner: none is connected",
  none_has_drives: "a machine with its drives: no connected one has them",
  none_has_network: "a machine with its network: no connected one can set its rules",
  none_big_enough: "a bigger machine: no connected one is big enough",
  silent: "its machines to answer again: all are silent",
  closed: "its machines to take jobs again: all have closed",
} as const;

const WHY_CLOSED: Record<string, string> = {
  drain: "its machines to take jobs again: all are drained",
  degraded: "its machines to be repaired: all fail to start jobs",
};

function whyNoRoom({ terms }: Job): string {
  return terms.exclusive ? "a machine without other jobs" : "room on a machine";
}

function whyQueued(job: Job, situation: Situation): string {
  const obstacle = obstacleOf(job, situation);
  if (obstacle?.kind === "closing") {
    return `a machine on which it is over in time: all are drained from ${spelledMoment(obstacle.fromMs)}`;
  }
  if (obstacle?.kind !== "closed") {
    return obstacle === null ? whyNoRoom(job) : WHY_QUEUED[obstacle.kind];
  }
  const why = WHY_CLOSED[obstacle.code] ?? WHY_QUEUED.closed;
  return obstacle.untilMs === null ? why : `${why} until ${spelledMoment(obstacle.untilMs)}`;
}
