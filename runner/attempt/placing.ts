/**
 * A finished file of the runner's, put into a job's `work/` under the first of some names that is free. The program may
 * have left anything there: nothing is followed and nothing replaced.
 *
 * The file gets the name as a second one (link), which either is there whole or not, and the first one still tells after a
 * crash that this was done.
 */
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, rm } from "node:fs/promises";
import { hasCode } from "../error-code.ts";

const TRIES = 100;
/** File systems and quotas that know no second name for a file. */
const NO_LINKS = ["EXDEV", "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];
const COPY_BYTES = 128 * 1024;

/** All names that could be used are taken. */
export class NamesTakenError extends Error {
  override name = "NamesTakenError";
}

/** `stdout.txt`, then `stdout-1.txt`, … */
export function namesLike(stem: string, extension: string): string[] {
  return Array.from({ length: TRIES }, (_, n) => (n === 0 ? `${stem}${extension}` : `${stem}-${n}${extension}`));
}

export function openWork(work: string): Promise<FileHandle> {
  return open(work, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

/** For the runner to fill; there must be none of that name. */
export function createFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644);
}

/** The file has a second name: it was finished and placed before. */
export async function isPlaced(source: string): Promise<boolean> {
  const found = await lstat(source).catch(() => null);
  return found !== null && found.nlink > 1;
}

/** @throws NamesTakenError, or the system's error. */
export async function place(source: string, work: FileHandle, names: string[]): Promise<void> {
  for (const name of names) {
    // Through the descriptor: the folder is the one that was opened, whatever its path leads to now.
    if (await giveName(source, `/proc/self/fd/${work.fd}/${name}`)) {
      return;
    }
  }
  throw new NamesTakenError("all names are taken");
}

/** False: the name is taken. */
async function giveName(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) {
      return false;
    }
    if (hasCode(error, ...NO_LINKS)) {
      return copy(source, target);
    }
    throw error;
  }
}

async function copy(source: string, target: string): Promise<boolean> {
  const made = await createFile(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") {
      return null;
    }
    throw error;
  });
  if (made === null) {
    return false;
  }
  try {
    await fill(made, source);
    return true;
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await made.close();
  }
}

async function fill(made: FileHandle, source: string): Promise<void> {
  const from = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { uid, gid, mode } = await from.stat();
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let read = await from.read(buffer); read.bytesRead > 0; read = await from.read(buffer)) {
      await made.writeFile(buffer.subarray(0, read.bytesRead));
    }
    await made.chmod(mode & 0o777);
    await made.chown(uid, gid);
  } finally {
    await from.close();
  }
}
