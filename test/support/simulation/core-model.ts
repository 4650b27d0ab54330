/**
 * UCloud's side of the control API in memory, with its rules: a batch with one unknown id is refused whole, guards are
 * silent, a final state stays. It notes what a real one would not forgive.
 */

import { SUCCESS_TEXT } from "../../../worker/queue/words.ts";
import type { ControlApi, CoreJob, JobUpdate, UcloudState } from "../../../worker/ucloud/control.ts";
import type { Dice } from "./dice.ts";
import { mountsOf } from "./files.ts";

export type CoreRecord = CoreJob & {
  id: string;
  state: UcloudState;
  /** Its user has seen these, in this order. */
  states: { state: UcloudState; text: string }[];
  /** The create was answered and the answer stored. */
  stored: boolean;
  /** The running time that its user was promised last; UCloud's own figure. */
  allocatedMs: number;
  outputFolder: string | null;
};

type Pending = {
  apply: () => void;
  /** The answer never comes back; the request may have had its effect. */
  lose: () => void;
  /** As `lose`, and whoever asked is gone too. */
  orphan: () => void;
};
const FINAL = ["SUCCESS", "FAILURE", "EXPIRED"];
const LEGAL: Partial<Record<UcloudState, string[]>> = {
  IN_QUEUE: ["RUNNING", ...FINAL],
  RUNNING: ["SUSPENDED", ...FINAL],
  SUSPENDED: ["RUNNING", ...FINAL],
};

export class CoreModel implements ControlApi {
  readonly jobs = new Map<string, CoreRecord>();
  readonly violations: string[] = [];
  /** Requests under way; the world decides when each arrives and whether its answer comes back. */
  readonly pending: Pending[] = [];
  isDown = false;
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  async update(items: { id: string; update: JobUpdate }[]) {
    if (new Set(items.map(({ id }) => id)).size !== items.length || items.length === 0 || items.length > 100) {
      this.violations.push("a batch is empty, too long or names a job twice");
    }
    return this.#request(() => {
      if (items.some(({ id }) => !this.jobs.has(id))) {
        return { kind: "rejected" as const, status: 404 };
      }
      for (const { id, update } of items) {
        this.#apply(id, update);
      }
      return { kind: "ok" as const };
    });
  }

  /** Jobs with files whose user was not told where the output is, although they ran to their end. */
  untoldFolders(): string[] {
    const ran = [...this.jobs.values()].filter(({ states }) => states.at(-1)?.text === SUCCESS_TEXT);
    const untold = ran.filter(({ id, outputFolder }) => mountsOf(id).length > 0 && outputFolder === null);
    return untold.map(({ id }) => `${id} has an output folder that nobody was told`);
  }

  async exists(ids: string[]) {
    return this.#request(() => ({ kind: "ok" as const, exists: ids.map((id) => this.jobs.has(id)) }));
  }

  async retrieve(id: string) {
    return this.#request(() => {
      const job = this.jobs.get(id);
      return job === undefined ? { kind: "absent" as const } : { kind: "ok" as const, job };
    });
  }

  async browseOpen({ state }: Parameters<ControlApi["browseOpen"]>[0]) {
    return this.#request(() => ({
      kind: "ok" as const,
      jobs: [...this.jobs.values()].filter((job) => job.state === state),
      next: null,
    }));
  }

  async warmUp(): Promise<void> {}

  #request<A>(answer: () => A): Promise<A | { kind: "unavailable"; status: number | null }> {
    return new Promise((resolve) => {
      const unavailable = { kind: "unavailable" as const, status: this.#dice.chance(0.5) ? 500 : null };
      const apply = () => resolve(this.isDown ? unavailable : answer());
      const orphan = () => {
        if (!this.isDown && this.#dice.chance(0.5)) {
          answer();
        }
      };
      const lose = () => {
        orphan();
        resolve(unavailable);
      };
      this.pending.push({ apply, lose, orphan });
    });
  }

  #apply(id: string, update: JobUpdate): void {
    const job = this.jobs.get(id);
    if (job === undefined) {
      return;
    }
    if (!job.stored) {
      this.violations.push(`${id}: told before its create was answered`);
    }
    if (update.state === undefined && update.status === undefined) {
      this.violations.push(`${id}: an empty update`);
    }
    if (update.newTimeAllocation !== undefined && update.newTimeAllocation % 60_000 !== 0) {
      this.violations.push(`${id}: a time of ${update.newTimeAllocation} ms`);
    }
    if (update.expectedState !== undefined && update.expectedState !== job.state) {
      return;
    }
    if (update.expectedDifferentState === true && update.state === job.state) {
      return;
    }
    if (FINAL.includes(job.state)) {
      if (update.state !== undefined && update.state !== job.state) {
        this.violations.push(`${id}: ${update.state} after ${job.state}`);
      }
      return;
    }
    if (update.state !== undefined && !LEGAL[job.state]?.includes(update.state)) {
      this.violations.push(`${id}: ${update.state} after ${job.state}`);
    }
    if (update.newTimeAllocation !== undefined) {
      if (update.newTimeAllocation < job.allocatedMs) {
        this.violations.push(`${id}: its time was shortened`);
      }
      job.allocatedMs = update.newTimeAllocation;
    }
    if (update.outputFolder !== undefined) {
      if (job.outputFolder !== null) {
        this.violations.push(`${id}: its output folder was told twice`);
      }
      job.outputFolder = update.outputFolder;
    }
    if (update.state !== undefined) {
      job.state = update.state;
      job.states.push({ state: update.state, text: update.status ?? "" });
    }
  }
}
