/** Where jobs may leave their files on this machine, looked at once when the runner starts. */
import { chmod, mkdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JobSettings } from "./attempt/context.ts";
import { type DriveFolder, pathBelow } from "./attempt/results.ts";
import { parseJobsDir } from "./jobs-dir.ts";
import { checkWay, WayError } from "./own-files.ts";
import type { RunnerSettings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

type Places = Pick<JobSettings, "jobsDir" | "jobsBelow" | "driveFolders">;

/** @throws UsageError naming the setting. */
export async function openPlaces(
  stateDir: string,
  settings: Pick<RunnerSettings, "jobs-dir" | "drives">,
): Promise<Places> {
  // Podman is told of it, and works in another folder: it is absolute.
  const { base, below } = parseJobsDir(settings["jobs-dir"] ?? join(stateDir, "jobs"));
  await makeBase(base, below.length > 0 ? 0o755 : 0o750);
  const jobsDir = await realpath(base);
  const driveFolders = await realFolders(settings.drives);
  const isInDrive = Object.values(driveFolders).some(
    ({ folder }) => folder === jobsDir || pathBelow(folder, jobsDir) !== null,
  );
  if (below.length > 0 || isInDrive) {
    await requireOwnWay(jobsDir);
  }
  return { jobsDir, jobsBelow: below, driveFolders };
}

/** With the mode as it is said, whatever the runner's umask is; what is there stays as it is. */
async function makeBase(base: string, mode: number): Promise<void> {
  const first = await mkdir(base, { recursive: true }).catch((error) => {
    throw new UsageError(`jobs-dir: ${base} cannot be made (${error.code})`);
  });
  for (let at = base; first !== undefined && at.length >= first.length; at = dirname(at)) {
    await chmod(at, mode);
  }
}

/** A drive whose folder is not there shows nothing. */
async function realFolders(drives: RunnerSettings["drives"]): Promise<Record<string, DriveFolder>> {
  const found: Record<string, DriveFolder> = {};
  for (const [id, { folder, workspaces }] of Object.entries(drives)) {
    const real = await realpath(folder).catch(() => null);
    if (real !== null) {
      found[id] = { folder: real, workspaces };
    }
  }
  return found;
}

/** Where people and jobs write near it. Makes nothing. @throws UsageError */
export async function requireOwnWay(jobsDir: string): Promise<void> {
  try {
    await checkWay(jobsDir);
  } catch (error) {
    if (error instanceof WayError) {
      throw new UsageError(
        `jobs-dir: ${error.path} belongs to, or can be changed by, others than root or the runner; they could put a link in the place of a job's folder`,
      );
    }
    throw error;
  }
}
