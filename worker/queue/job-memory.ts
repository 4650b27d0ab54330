/** Rows of jobs that were written or read a moment ago: the next frame or call is mostly about one of them. */
import { Recent } from "../isolate.ts";
import type { Key } from "./columns.ts";
import type { Job } from "./job.ts";

/** A few megabytes. */
const MAX_JOBS = 1_000;

/** Told of every write. Of an id it has the live incarnation only. */
export class JobMemory {
  readonly #jobs = new Recent<Job>(MAX_JOBS);

  live(id: string): Job | null {
    return this.#jobs.get(id) ?? null;
  }

  get({ id, incarnation }: Key): Job | null {
    const job = this.live(id);
    return job?.incarnation === incarnation ? job : null;
  }

  keep(job: Job): void {
    if (!job.mute) {
      this.#jobs.set(job.id, job);
    } else {
      this.drop(job);
    }
  }

  drop(key: Key): void {
    if (this.get(key) !== null) {
      this.#jobs.delete(key.id);
    }
  }

  forget(): void {
    this.#jobs.clear();
  }
}
