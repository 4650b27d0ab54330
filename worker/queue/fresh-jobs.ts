/**
 * Jobs that came in this turn and are not written yet: one that is offered in the turn in which it came is written once,
 * as offered. They are written before the disk is asked for anything that they could change, and with the turn's end.
 */
import type { JobPlan } from "../../shared/plan.ts";
import { isWaiting, type Key } from "./columns.ts";
import { isActive, isDone, type Job } from "./job.ts";

export type Fresh = { job: Job; plan: JobPlan };

export class FreshJobs {
  readonly #jobs = new Map<string, Fresh>();

  add(job: Job, plan: JobPlan): void {
    this.#jobs.set(job.id, { job, plan });
  }

  live(id: string): Job | null {
    return this.#jobs.get(id)?.job ?? null;
  }

  get({ id, incarnation }: Key): Fresh | null {
    const fresh = this.#jobs.get(id);
    return fresh?.job.incarnation === incarnation ? fresh : null;
  }

  /** False: it is to be written as a change, because it was written before or because its id is free now. */
  became(after: Job): boolean {
    const fresh = this.get(after);
    if (fresh === null || after.mute || isDone(after)) {
      return false;
    }
    fresh.job = after;
    return true;
  }

  countWaiting(): number {
    return [...this.#jobs.values()].filter(({ job }) => isWaiting(job)).length;
  }

  hasActive(): boolean {
    return [...this.#jobs.values()].some(({ job }) => isActive(job.place));
  }

  /** Whoever takes them writes them. */
  take(): Fresh[] {
    const all = [...this.#jobs.values()];
    this.#jobs.clear();
    return all;
  }
}
