/** Free space where jobs and images go. */
import { statfs } from "node:fs/promises";

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
