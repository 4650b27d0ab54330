/** Free space where jobs and images go. */
import { statfs } from "node:fs/promises";
import { type Timers, within } from "./timers.ts";

const MEASURE_MS = 5_000;

export type Measure = (folders: string[]) => Promise<number | null>;

/** A file system that hangs is asked once; until it answers, what was known of the disk stands. */
export class DiskWatch {
  /** null: not known. */
  freeBytes: number | null = null;
  readonly #timers: Timers;
  readonly #measure: Measure;
  #measuring: Promise<number | null> | null = null;

  constructor(timers: Timers, measure: Measure = freeDiskBytes) {
    this.#timers = timers;
    this.#measure = measure;
  }

  async look(folders: string[]): Promise<void> {
    this.#measuring ??= this.#measure(folders).finally(() => {
      this.#measuring = null;
    });
    const measured = await within(this.#timers, MEASURE_MS, this.#measuring);
    this.freeBytes = measured.in === "time" ? measured.value : this.freeBytes;
  }
}

/** Bytes left on the fullest of the file systems; null: none of them could be asked. */
export async function freeDiskBytes(folders: string[]): Promise<number | null> {
  const free = await Promise.all(folders.map(freeOf));
  const known = free.filter((bytes) => bytes !== null);
  return known.length === 0 ? null : Math.min(...known);
}

async function freeOf(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
