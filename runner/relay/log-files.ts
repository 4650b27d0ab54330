/**
 * The files of one log, oldest first. Podman rotates by putting a new file in the place of the old one, which is gone
 * then but for those who have it open: so the file in that place is opened as soon as it is another, however far behind
 * the reader is. What it never had open is lost to it, and it is told so.
 */
import type { BigIntStats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { hasCode } from "../error-code.ts";

/** The one that is read and the one after it: a reader that lags behind two rotations holds no third on the disk. */
const MAX_OPEN = 2;

export type LogFile = {
  inode: string;
  handle: FileHandle;
  /** Output between the file before and this one is lost. */
  afterGap: boolean;
  bornMs: number;
};

export class LogFiles {
  readonly #path: string;
  readonly #files: LogFile[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  get current(): LogFile | null {
    return this.#files[0] ?? null;
  }

  get hasNext(): boolean {
    return this.#files.length > 1;
  }

  /** Looks whether another file is in the place now. */
  async look(): Promise<void> {
    const seen = await orNull(stat(this.#path, { bigint: true }));
    if (seen === null || this.#files.at(-1)?.inode === nameOf(seen)) {
      return;
    }
    const handle = await orNull(open(this.#path, "r"));
    if (handle === null) {
      return;
    }
    const stats = await handle.stat({ bigint: true });
    const inode = nameOf(stats);
    const file = { inode, handle, afterGap: false, bornMs: Number(stats.birthtimeMs) };
    if (this.#files.length === MAX_OPEN) {
      const [skipped] = this.#files.splice(MAX_OPEN - 1, 1);
      await skipped?.handle.close();
      file.afterGap = true;
    }
    this.#files.push(file);
  }

  /** On to the next file. */
  async next(): Promise<void> {
    const done = this.#files.shift();
    await done?.handle.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.splice(0).map(({ handle }) => handle.close()));
  }
}

/** An inode's number is used again after its file is gone; its birth is another then. */
function nameOf({ ino, birthtimeNs }: BigIntStats): string {
  return `${ino.toString(36)}-${birthtimeNs.toString(36)}`;
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, "ENOENT")) {
      return null;
    }
    throw error;
  }
}
