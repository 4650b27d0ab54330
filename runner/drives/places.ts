/**
 * Where a drive may lie. Jobs write into drives: none may hold the runner's own files or Podman's, and none another
 * drive, whose rules would be gone around. Folders of jobs may lie in a drive: so the site's people reach the results.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Real paths. */
export type Places = {
  /** The part of `jobs-dir` that is the same for all jobs. */
  jobsDir: string;
  stateDir: string;
  /** null: Podman has not told yet. */
  graphRoot: string | null;
};

/** Pure: why a drive may not lie at `folder`, or null. `others`: folders of other drives by their id. */
export function conflictOf(folder: string, others: ReadonlyMap<string, string>, places: Places): string | null {
  if (overlap(folder, places.stateDir)) {
    return "it lies in the state folder or contains it";
  }
  if (isWithin(folder, places.jobsDir)) {
    return "it lies in jobs-dir";
  }
  if (places.graphRoot !== null && overlap(folder, places.graphRoot)) {
    return "it lies in Podman's storage or contains it";
  }
  for (const [id, other] of others) {
    if (overlap(folder, other)) {
      return `it lies in the folder of drive ${id} or contains it`;
    }
  }
  return null;
}

function overlap(one: string, other: string): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}

/** Where a path really is, though its end may not exist yet. */
export async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPlace(parent), basename(path));
  }
}
