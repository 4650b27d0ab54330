/**
 * What running jobs have written, looked at regularly: one that is over its bound is stopped, and when the machine itself
 * is running out of space, the one that has written most. What has no bound on a machine with room costs nothing.
 */
import { refName } from "../shared/ids.ts";
import type { DiskUse } from "../shared/protocol.ts";
import type { Context } from "./attempt/context.ts";
import type { Execution } from "./attempt/execution.ts";
import { folderOf } from "./attempt/job-folder.ts";
import { folderBytes } from "./folder-size.ts";
import { errorFields } from "./log.ts";

export const DISK_QUOTA_MS = 30_000;
/** Who has written less did not fill the disk. */
const LEAST_WRITTEN_BYTES = 16 * 2 ** 20;

export type DiskQuotaDeps = {
  context: Context;
  running(): Execution[];
  /** null: not known. */
  freeBytes(): number | null;
  minFreeBytes: number;
  everyMs?: number;
  measure?: (folder: string) => Promise<number | null>;
};

type Writer = { execution: Execution; usedBytes: number };

export class DiskQuota {
  readonly #deps: DiskQuotaDeps;
  #takeBack = () => {};
  #isClosed = false;
  /** Free space when a job was last stopped for the machine's sake; another goes only if it shrinks further. */
  #stoppedAtFree = Number.POSITIVE_INFINITY;

  constructor(deps: DiskQuotaDeps) {
    this.#deps = deps;
  }

  begin(): void {
    const { context, everyMs } = this.#deps;
    this.#takeBack = context.timers.after(everyMs ?? DISK_QUOTA_MS, () => {
      this.#look()
        .catch((error) => context.log.warn(errorFields(error), "disk_quota.failed"))
        .finally(() => this.#isClosed || this.begin());
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#takeBack();
  }

  async #look(): Promise<void> {
    const isShort = this.#isShort();
    const writers: Writer[] = [];
    // One after the other: counting is work for the disk that the jobs use.
    for (const execution of this.#deps.running()) {
      const { diskBytes } = execution.attempt.terms;
      if (isShort || diskBytes !== undefined) {
        const usedBytes = await this.#used(execution);
        writers.push({ execution, usedBytes });
        if (diskBytes !== undefined && usedBytes > diskBytes) {
          this.#stop(execution, { usedBytes, limitBytes: diskBytes });
        }
      }
    }
    if (isShort) {
      this.#stopBiggest(writers);
    }
  }

  /** Stopping ends the writing; what was written stays in the job's folder, so space does not come back at once. */
  #isShort(): boolean {
    const free = this.#deps.freeBytes();
    if (free === null || free >= this.#deps.minFreeBytes / 2) {
      this.#stoppedAtFree = Number.POSITIVE_INFINITY;
      return false;
    }
    const isStopping = this.#deps.running().some(({ attempt }) => attempt.cause?.disk !== undefined);
    return !isStopping && free < this.#stoppedAtFree;
  }

  #stopBiggest(writers: Writer[]): void {
    const going = writers.filter(({ execution }) => execution.attempt.cause === null && execution.isRunning());
    const [biggest] = going.toSorted((a, b) => b.usedBytes - a.usedBytes);
    if (biggest !== undefined && biggest.usedBytes >= LEAST_WRITTEN_BYTES) {
      this.#stoppedAtFree = this.#deps.freeBytes() ?? this.#stoppedAtFree;
      this.#stop(biggest.execution, { usedBytes: biggest.usedBytes, limitBytes: null });
    }
  }

  #stop(execution: Execution, disk: DiskUse): void {
    this.#deps.context.log.warn({ ref: execution.attempt.ref, ...disk }, "disk_quota.stopped");
    execution.order({ is: "over-disk", disk });
  }

  /** What cannot be counted counts as nothing: nobody is stopped on a guess. */
  async #used({ attempt }: Execution): Promise<number> {
    const { context, measure = folderBytes } = this.#deps;
    const { work } = folderOf(context.settings, attempt);
    const inFolder = await measure(work);
    const inLayer = await context.engine.layerBytes(refName(attempt.ref)).catch(() => null);
    if (inFolder === null || inLayer === null) {
      context.log.warn({ ref: attempt.ref, inFolder, inLayer }, "disk_quota.not_counted");
    }
    return (inFolder ?? 0) + (inLayer ?? 0);
  }
}
