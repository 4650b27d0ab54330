/**
 * Where the folders of jobs lie on this machine, whosever they are: all that could be one, or what is left of one.
 */
import { opendir } from "node:fs/promises";
import { basename, join } from "node:path";
import { folderName, INCARNATION, JOB_ID, type Ref } from "../shared/ids.ts";
import type { JobSettings } from "./attempt/context.ts";
import { pathBelow } from "./attempt/results.ts";

/** One round looks at this many. */
const MOST_LOOKED_AT = 100_000;

export type Job = Pick<Ref, "job" | "incarnation">;
export type FolderSettings = Pick<JobSettings, "jobsDir" | "jobsBelow" | "driveFolders">;

export function isInDrive(path: string, { driveFolders }: FolderSettings): boolean {
  return Object.values(driveFolders).some(({ folder }) => pathBelow(folder, path) !== null);
}

/** What a folder is called while it goes, by whom. */
export function removingName(stateFolder: string, name: string): string {
  return `.removing-${stateFolder}-${name}`;
}

export function jobOf(name: string): Job | null {
  const cut = name.lastIndexOf("-");
  const [job, incarnation] = [name.slice(0, cut), name.slice(cut + 1)];
  return cut > 0 && JOB_ID.test(job) && INCARNATION.test(incarnation) ? { job, incarnation } : null;
}

/** Where the folder of a job lies that is no longer held; null: nowhere. */
export async function findFolder(settings: FolderSettings, job: Job): Promise<string | null> {
  if (settings.jobsBelow.length === 0) {
    return join(settings.jobsDir, folderName(job));
  }
  for await (const path of foldersOfJobs(settings)) {
    if (basename(path) === folderName(job)) {
      return path;
    }
  }
  return null;
}

export async function* foldersOfJobs({ jobsDir, jobsBelow }: FolderSettings): AsyncGenerator<string> {
  let looked = 0;
  const count = () => {
    looked += 1;
    return looked <= MOST_LOOKED_AT;
  };
  yield* foldersBelow(jobsDir, jobsBelow, count);
}

async function* foldersBelow(folder: string, [next, ...rest]: string[], count: () => boolean): AsyncGenerator<string> {
  for await (const name of subfolders(folder)) {
    if (!count()) {
      return;
    }
    const path = join(folder, name);
    if (next === undefined) {
      yield path;
    } else if (next.includes("{") || name === next) {
      yield* foldersBelow(path, rest, count);
    }
  }
}

async function* subfolders(folder: string): AsyncGenerator<string> {
  const listing = await opendir(folder).catch(() => null);
  for await (const entry of listing ?? []) {
    if (entry.isDirectory()) {
      yield entry.name;
    }
  }
}
