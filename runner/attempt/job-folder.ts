/**
 * A job's folder on the node: `<jobs-dir>/<id>-<incarnation>/` with `work/`, which becomes `/work`, and what each attempt
 * has beside it, out of the program's reach: its log, and a folder of the runner alone.
 *
 * The folder itself belongs to the runner, so a job can never swap `work` for a link; everything is opened without
 * following links all the same and changed through the open descriptor.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { folderName, type Ref } from "../../shared/ids.ts";
import { makeFolder, makeWay, writeWhole } from "../own-files.ts";
import type { JobSettings } from "./context.ts";
import type { Attempt } from "./record.ts";

export type JobFolder = {
  folder: string;
  work: string;
  log: string;
  /** The runner's own, for this attempt. */
  own: string;
  /** In there, what the job sees as `/etc/ucloud`. */
  etc: string;
};

/**
 * `rootless`: a runner that cannot give a folder to a subordinate uid. `podman`: root in a user namespace, whose ids
 * Podman chooses and gives the folder to; giving it back would lock a container out that exists already.
 */
export type FolderOwner = { uid: number; gid: number } | "rootless" | "podman";

/** `isShown`: the site's people and UCloud are to reach what is in `work`. */
export type FolderRights = { owner: FolderOwner; isShown: boolean; stateFolder: string };

/** Attempts of earlier versions have none written down: they lie in `jobs-dir` itself. */
export function folderOf({ jobsDir }: Pick<JobSettings, "jobsDir">, { folder, ref }: Pick<Attempt, "folder" | "ref">) {
  return jobFolder(folder ?? join(jobsDir, folderName(ref)), ref);
}

export function jobFolder(folder: string, { attempt, rank }: Pick<Ref, "attempt" | "rank">): JobFolder {
  const own = join(folder, `attempt-${attempt}-${rank}`);
  const log = join(folder, `output-${attempt}-${rank}.log`);
  return { folder, work: join(folder, "work"), log, own, etc: join(own, "etc") };
}

/** Idempotent; throws the system's error (with its `code`) when something else is in the way or the disk is full. */
export async function makeJobFolder(paths: JobFolder, { owner, isShown, stateFolder }: FolderRights): Promise<void> {
  const above = dirname(paths.folder);
  await (isShown ? makeWay(above) : mkdir(above, { recursive: true, mode: 0o750 }));
  const isOpen = isShown && owner !== "rootless";
  // Where only the runner passes the outer folder, that is what protects a rootless `work`, whose mode must let in the
  // job's subordinate uid, from everyone else on the machine: the bind mount needs no way through the outer one.
  await makeFolder(paths.folder, isOpen ? 0o755 : 0o700);
  const mode = isOpen ? 0o750 : 0o700;
  await makeFolder(paths.work, owner === "rootless" ? 0o777 : mode, typeof owner === "object" ? owner : null);
  await makeOwnFolder(paths, stateFolder);
}

/** Whose it is stands in it from the beginning: on a shared file system other nodes' jobs lie beside ours. */
export async function makeOwnFolder({ own }: JobFolder, stateFolder: string): Promise<void> {
  await makeFolder(own, 0o700);
  await writeWhole(join(own, OWNER_FILE), `${stateFolder}\n`);
}

export const OWNER_FILE = "owner";
