/**
 * Removes the folders of jobs that have ended long enough ago: at the start, every hour, and where nothing is kept when a
 * job is over. It touches only what it is sure of: a folder with a job's name, of the runner, in which every attempt has
 * noted its end and the last to end was this state folder's. Everything else is left alone, and in a drive so is `work`:
 * UCloud shows it to its user as a folder of the user's own.
 */
import { rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { JobSettings } from "./attempt/context.ts";
import { logBeside, readUses, type Use, writeEnd } from "./attempt/folder-end.ts";
import { foldersOfJobs, isInDrive, type Job, jobOf, removingName } from "./folders-of-jobs.ts";
import { errorFields, type Log } from "./log.ts";
import { checkWay, requireOwn } from "./own-files.ts";
import type { Remove } from "./removal.ts";
import type { Timers } from "./timers.ts";

const EVERY_MS = 60 * 60_000;
/** A sweep removes this many; the next one goes on. */
const MOST_REMOVED = 1_000;
const MOST_REMEMBERED = 1_000;

export type SweepParts = {
  settings: Pick<JobSettings, "jobsDir" | "jobsBelow" | "driveFolders" | "workKeepMs">;
  stateFolder: string;
  timers: Timers;
  log: Log;
  nowMs(): number;
  isHeld(job: Job): boolean;
  remove: Remove;
};

export class Sweep {
  readonly #parts: SweepParts;
  /** Folders whose removal failed, each logged once. */
  readonly #failed = new Set<string>();
  #isClosed = false;
  #wake: (() => void) | null = null;
  #isAsked = false;

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  /** When it is known which attempts the node holds. */
  begin(): void {
    void this.#live();
  }

  /** An attempt is over: where nothing is kept its folder goes now. */
  jobClosed(): void {
    if (this.#parts.settings.workKeepMs === 0) {
      this.#isAsked = true;
      this.#wake?.();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  async #live(): Promise<void> {
    while (!this.#isClosed) {
      this.#isAsked = false;
      await this.sweep().catch((error) => this.#parts.log.warn(errorFields(error), "sweep.failed"));
      if (!this.#isAsked && !this.#isClosed) {
        await this.#rest();
      }
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const takeBack = this.#parts.timers.after(EVERY_MS, resolve);
      this.#wake = () => {
        takeBack();
        resolve();
      };
    });
  }

  /** One round. */
  async sweep(): Promise<void> {
    let removed = 0;
    for await (const path of foldersOfJobs(this.#parts.settings)) {
      if (this.#isClosed || removed >= MOST_REMOVED) {
        return;
      }
      removed += (await this.#tryRemove(path)) ? 1 : 0;
    }
  }

  async #tryRemove(path: string): Promise<boolean> {
    try {
      const doomed = await this.#doomed(path);
      if (doomed.length === 0) {
        return false;
      }
      for (const one of doomed) {
        await this.#parts.remove(one);
      }
      this.#parts.log.info({ folder: basename(path) }, "folder.removed");
      return true;
    } catch (error) {
      this.#logOnce(path, error);
      return false;
    }
  }

  #logOnce(path: string, error: unknown): void {
    const folder = basename(path).replace(removingName(this.#parts.stateFolder, ""), "");
    if (this.#failed.has(folder)) {
      return;
    }
    if (this.#failed.size >= MOST_REMEMBERED) {
      this.#failed.clear();
    }
    this.#failed.add(folder);
    this.#parts.log.warn({ folder, ...errorFields(error) }, "folder.not_removed");
  }

  /** The folder, under a name by which no job of now finds it; or what is beside `work` in it; nothing: it stays. */
  async #doomed(path: string): Promise<string[]> {
    const { stateFolder, isHeld, settings } = this.#parts;
    const name = basename(path);
    if (name.startsWith(".removing-")) {
      return name.startsWith(removingName(stateFolder, "")) ? [path] : [];
    }
    const job = jobOf(name);
    const uses = job === null || isHeld(job) ? [] : await readUses(path);
    if (job === null || !(await this.#isOver(uses))) {
      return [];
    }
    await (settings.jobsBelow.length > 0 ? checkWay(path) : requireOwn(path));
    const doomed = join(dirname(path), removingName(stateFolder, name));
    // Another attempt of it may have been taken meanwhile.
    if (isHeld(job)) {
      return [];
    }
    if (isInDrive(path, settings)) {
      // The folders last: while one is there the next sweep knows that something is left.
      return [...uses.map(({ own }) => logBeside(own)), ...uses.map(({ own }) => own)];
    }
    await rename(path, doomed);
    return [doomed];
  }

  /** For long enough, for everybody. */
  async #isOver(uses: Use[]): Promise<boolean> {
    const { stateFolder, settings } = this.#parts;
    const nowMs = this.#parts.nowMs();
    const [last] = uses.toSorted((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
    await this.#noteMissing(uses, nowMs);
    const isEnded = last !== undefined && uses.every(({ endedAtMs }) => endedAtMs !== null);
    return isEnded && last.stateFolder === stateFolder && nowMs - (last.endedAtMs ?? nowMs) >= settings.workKeepMs;
  }

  /** An end of ours that could not be written down: nothing is held of the job, so it is over now at the latest. */
  async #noteMissing(uses: Use[], nowMs: number): Promise<void> {
    for (const { own, stateFolder, endedAtMs } of uses) {
      if (endedAtMs === null && stateFolder === this.#parts.stateFolder) {
        await writeEnd(own, nowMs);
      }
    }
  }
}
