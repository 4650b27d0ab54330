/**
 * A working directory below `/work` must exist before the start: the OCI runtime would make it as root, and the job's
 * user could not write into it. Made on the host, one folder at a time, never through a symbolic link.
 */
import { chmod, chown, lstat, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { WORK } from "./podman-spec.ts";

/** Pure: the folders to make below the work folder; none for `/work` itself and for what lies elsewhere. */
export function foldersBelowWork(workingDirectory: string): string[] {
  if (!workingDirectory.startsWith(`${WORK}/`)) {
    return [];
  }
  return workingDirectory
    .slice(WORK.length + 1)
    .split("/")
    .filter((part) => part !== "");
}

/** Owner and mode of what is made are those of the work folder, whatever the runner's umask is. */
export async function makeWorkingDirectory(workFolder: string, workingDirectory: string): Promise<void> {
  const { uid, gid, mode } = await stat(workFolder);
  let path = workFolder;
  for (const part of foldersBelowWork(workingDirectory)) {
    path = join(path, part);
    const made = await mkdir(path).then(
      () => true,
      () => false,
    );
    if (made) {
      await chown(path, uid, gid);
      await chmod(path, mode & 0o777);
    } else if (!(await lstat(path)).isDirectory()) {
      return;
    }
  }
}
