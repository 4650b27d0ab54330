/**
 * A job's folder on the node: `<jobs-dir>/<id>-<incarnation>/` with `work/`, which becomes `/work`, and the log of each
 * attempt beside it, out of the program's reach.
 *
 * The folder itself belongs to the runner, so a job can never swap `work` for a link; everything is opened without
 * following links all the same and changed through the open descriptor.
 */
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { folderName, type Ref } from "../../shared/ids.ts";

export type JobFolder = { folder: string; work: string; log: string };

/**
 * `rootless`: a runner that cannot give a folder to a subordinate uid. `podman`: root in a user namespace, whose ids
 * Podman chooses and gives the folder to; giving it back would lock a container out that exists already.
 */
export type FolderOwner = { uid: number; gid: number } | "rootless" | "podman";

export function jobFolder(jobsDir: string, ref: Ref): JobFolder {
  const folder = join(jobsDir, folderName(ref));
  return { folder, work: join(folder, "work"), log: join(folder, `output-${ref.attempt}-${ref.rank}.log`) };
}

/** Idempotent; throws the system's error (with its `code`) when something else is in the way or the disk is full. */
export async function makeJobFolder(paths: JobFolder, jobsDir: string, owner: FolderOwner): Promise<void> {
  await mkdir(jobsDir, { recursive: true, mode: 0o750 });
  // Only the runner passes the outer folder. That is what protects a rootless `work`, whose mode must let in the
  // job's subordinate uid, from everyone else on the machine: the bind mount needs no way through the outer one.
  await makeFolder(paths.folder, 0o700, null);
  await makeFolder(paths.work, owner === "rootless" ? 0o777 : 0o700, typeof owner === "object" ? owner : null);
}

async function makeFolder(path: string, mode: number, owner: { uid: number; gid: number } | null): Promise<void> {
  await mkdir(path, { mode }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") {
      throw error;
    }
  });
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await folder.chmod(mode);
    if (owner !== null) {
      await folder.chown(owner.uid, owner.gid);
    }
  } finally {
    await folder.close();
  }
}
