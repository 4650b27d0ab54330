/** A job as a row: the columns that queries look at, and the record that is the job. */
import type { Job } from "./job.ts";
import { isActive } from "./job.ts";
import type { Row, SqlValue } from "./ports.ts";

export type Key = { id: string; incarnation: string };

/** A lane of jobs that have their machine to themselves begins with it. */
const EXCLUSIVE_MARK = "!";

/** In a lane, before a drive, a network and the job that it is for; no machine type has them in its name. */
export const DRIVE_MARK = "+";
export const NETWORK_MARK = "~";
export const OWN_MARK = "#";

/** Everything but the key and the plan. */
export function columnsOf(job: Job): Record<string, SqlValue> {
  const { place, terms, telling } = job;
  return {
    mute: job.mute ? 1 : 0,
    state: place.state,
    runner: isActive(place) ? place.runner : null,
    lane: laneOf(job),
    workspace: job.workspace,
    accepted_at: job.acceptedAtMs,
    later: laterOf(job),
    deadline: place.state === "offered" ? place.untilMs : null,
    due: telling.dueMs,
    ended_at: place.state === "done" ? place.endedAtMs : null,
    cpu: terms.resources.cpu,
    memory: terms.resources.memoryBytes,
    gpu: terms.resources.gpu,
    gpu_kind: terms.gpuKind,
    record: JSON.stringify(job),
  };
}

/**
 * Jobs of one lane fit the same runners and compete by age alone, so only a lane's oldest is ever looked at: they have
 * machine type, network, drives and workspace in common. A job that is kept off some runners has a lane of its own.
 */
export function laneOf(job: Job): string {
  const drives = (job.terms.drives ?? []).map((drive) => `${DRIVE_MARK}${drive}`).join("");
  const network = job.terms.network === undefined ? "" : `${NETWORK_MARK}${job.terms.network}`;
  const own = job.failedStarts === null ? "" : `${OWN_MARK}${job.id}`;
  const exclusive = job.terms.exclusive ? EXCLUSIVE_MARK : "";
  return `${exclusive}${job.productId}${network}${drives}${own}|${job.workspace}`;
}

export function isExclusiveLane(lane: string): boolean {
  return lane.startsWith(EXCLUSIVE_MARK);
}

/** When it is looked at by itself: held too long, or its pause is over. */
export function laterOf({ place }: Job): number | null {
  if (place.state === "held") {
    return place.untilMs;
  }
  return place.state === "queued" && place.notBeforeMs > 0 ? place.notBeforeMs : null;
}

/** As the index `job_queued` has them: it may be offered now. */
export function isWaiting(job: Job): boolean {
  return job.place.state === "queued" && laterOf(job) === null;
}

export function text(row: Row, column: string): string {
  return String(row[column] ?? "");
}

export function number(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}
