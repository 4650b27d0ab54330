/** What administrators see of a queue. Names and times only; no value that a user wrote. */
import { fits } from "../../shared/plan.ts";
import type { JobDetail, JobSummary, QueueRunner, QueueSummary, Undelivered } from "./api.ts";
import { isWelcomed } from "./badge.ts";
import { isActive, type Job } from "./job.ts";
import type { RunnerRow } from "./runner-store.ts";
import { silentForMs } from "./signs.ts";
import type { QueueState } from "./state.ts";
import { isSuspended } from "./suspension.ts";

const MAX_OLDER = 20;

/** Those with an open line, looked up once for a whole list and only if a job waits for one. */
type Connected = () => RunnerRow[];

function connectedOf(state: QueueState): Connected {
  let known: RunnerRow[] | null = null;
  return () => {
    known ??= state.runners.all().filter((row) => !row.revoked && state.lineOf(row.id) !== null);
    return known;
  };
}

export function summarize(state: QueueState, job: Job, connected: Connected = connectedOf(state)): JobSummary {
  return {
    id: job.id,
    category: state.ports.category,
    incarnation: job.incarnation,
    state: stateOf(job),
    attempt: job.attempt,
    runner: isActive(job.place) ? job.place.runner : null,
    told: job.telling.told,
    waitsFor: waitsFor(state, job, connected),
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
  const connected = connectedOf(state);
  const items = jobs.slice(0, limit).map((job) => summarize(state, job, connected));
  return { items, next: jobs.length > limit ? (items.at(-1)?.id ?? null) : null };
}

export function viewRunners(state: QueueState): QueueRunner[] {
  return state.runners.all().map((row) => viewRunner(state, row));
}

function viewRunner(state: QueueState, row: RunnerRow): QueueRunner {
  return {
    id: row.id,
    name: row.name,
    connected: state.ports.lines(row.id).some((line) => isWelcomed(line.badge())),
    silentForMs: silentForMs(state, row.id),
    version: row.version,
    capacity: row.capacity,
    jobs: state.jobs.heldBy(row.id).map(({ id }) => id),
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
  };
}

export function viewUndelivered(state: QueueState, limit: number): Undelivered[] {
  const nowMs = state.ports.nowMs();
  return state.jobs.untold(limit).map((job) => ({
    id: job.id,
    category: state.ports.category,
    incarnation: job.incarnation,
    state: job.telling.update?.state ?? "status",
    sinceMs: nowMs - job.telling.sinceMs,
    tries: job.telling.tries,
    why: whyUntold(state, job),
  }));
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
function waitsFor(state: QueueState, job: Job, connected: Connected): string | null {
  const { place, telling } = job;
  switch (place.state) {
    case "held":
      return "the other categories of the same call";
    case "queued":
      return place.notBeforeMs > 0 ? "a pause after a start that failed" : whyQueued(job, connected());
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

function whyQueued({ terms }: Job, runners: RunnerRow[]): string {
  if (runners.length === 0) {
    return "a runner: none is connected";
  }
  const isBigEnough = ({ capacity: { total, gpuKind } }: RunnerRow) =>
    fits(terms.resources, total) && (terms.gpuKind === null || terms.gpuKind === gpuKind);
  const able = runners.filter(isBigEnough);
  if (able.length === 0) {
    return "a bigger machine: no connected one is big enough";
  }
  return able.every(({ capacity }) => capacity.closed !== null)
    ? "its machines to take jobs again: all have closed"
    : "room on a machine";
}
