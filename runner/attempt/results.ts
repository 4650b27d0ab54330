/** Where a job's files lie, and who hears of it: UCloud, where they lie in a drive of its, or else the job's user. Pure. */
import { join, relative } from "node:path";
import { folderName, type Ref } from "../../shared/ids.ts";
import { DRIVE_ID, type JobPlan } from "../../shared/plan.ts";
import type { Exited } from "../../shared/protocol.ts";
import { foldersFor } from "../jobs-dir.ts";
import type { JobSettings } from "./context.ts";
import { folderOf } from "./job-folder.ts";
import type { Attempt, Place } from "./record.ts";

/** `workspaces`: only jobs of these may use it. */
export type DriveFolder = { folder: string; workspaces?: string[] | undefined };

/** A path longer than that is no path of Linux. */
const MAX_PATH = 4096;

type Places = Pick<JobSettings, "jobsDir" | "jobsBelow" | "driveFolders">;

export function placeFor({ jobsDir, jobsBelow, driveFolders }: Places, ref: Ref, plan: JobPlan): Place {
  const folder = join(jobsDir, ...foldersFor(jobsBelow, plan, ref.job), folderName(ref));
  return { folder, outputFolder: outputFolderOf(join(folder, "work"), driveFolders, plan.workspace) };
}

/** UCloud's path: of the drive that holds it most closely, as long as the workspace may use that. */
export function outputFolderOf(work: string, drives: Record<string, DriveFolder>, workspace: string): string | null {
  const around = Object.entries(drives)
    .flatMap(([id, drive]) => {
      const path = pathBelow(drive.folder, work);
      return path === null ? [] : [{ drive, path: id === "*" ? path : join(id, path), id: id === "*" ? null : id }];
    })
    // An id of its own goes before what `*` would make of the name.
    .filter(({ path, id }) => id !== null || isFreeId(path.split("/")[0] ?? "", drives))
    .sort((a, b) => b.drive.folder.length - a.drive.folder.length || Number(a.id === null) - Number(b.id === null));
  const [closest] = around;
  const admits = closest?.drive.workspaces?.includes(workspace) ?? true;
  return closest === undefined || !admits || closest.path.length >= MAX_PATH ? null : `/${closest.path}`;
}

function isFreeId(id: string, drives: Record<string, DriveFolder>): boolean {
  return DRIVE_ID.test(id) && !Object.hasOwn(drives, id);
}

/** null: it does not lie in there. */
export function pathBelow(folder: string, path: string): string | null {
  const below = relative(folder, path);
  return below === "" || below === ".." || below.startsWith("../") ? null : below;
}

/** For the user: only where the site chose a place that people can look at and UCloud does not show it. */
export function resultsOf(attempt: Attempt, settings: JobSettings): Exited["results"] {
  const { outcome, started, outputFolder, folder } = attempt;
  if (settings.jobsBelow.length === 0 || folder === null || outputFolder !== null) {
    return undefined;
  }
  if (outcome === null || started === null || settings.workKeepMs === 0) {
    return undefined;
  }
  return { folder: folderOf(settings, attempt).work, keptMs: settings.workKeepMs };
}
