/**
 * The places in a job's own folder over which its drives are mounted. The OCI runtime would make them as root, through
 * any link; so they are made here, empty and the job's, one name at a time in the folder that is held open. When the
 * job has ended the empty ones go again: the researcher finds results in the folder, not the shadows of inputs.
 */
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, rmdir, unlink } from "node:fs/promises";
import type { LocatedMount } from "../engine/engine.ts";
import { hasCode } from "../error-code.ts";

type Point = Pick<LocatedMount, "destination" | "kind">;

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Idempotent. Throws the system's error when something else is in the way. */
export async function makeMountPoints(workFolder: string, points: readonly Point[]): Promise<void> {
  for (const { destination, kind } of points) {
    const names = belowWork(destination);
    const last = names.pop();
    if (last !== undefined) {
      await within(workFolder, names, { make: true }, async (folder) => {
        await (kind === "folder" ? (await makeFolder(folder, last)).close() : makeFile(folder, last));
      });
    }
  }
}

/** What is not empty stays, and so do links. Throws the first failure, after all were tried. */
export async function clearMountPoints(workFolder: string, destinations: readonly string[]): Promise<void> {
  const cleared = await Promise.allSettled(destinations.map((destination) => clearPoint(workFolder, destination)));
  const failed = cleared.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    throw failed.reason;
  }
}

/** With the folders on the way to it, as far as nothing else is in them. */
async function clearPoint(workFolder: string, destination: string): Promise<void> {
  const names = belowWork(destination);
  for (let last = names.pop(); last !== undefined; last = names.pop()) {
    const name = last;
    try {
      if (!(await within(workFolder, names, { make: false }, (folder) => clear(folder, name)))) {
        return;
      }
    } catch (error) {
      if (!hasCode(error, "ENOENT")) {
        throw error;
      }
    }
  }
}

function belowWork(destination: string): string[] {
  return destination.startsWith("/work/") ? destination.slice("/work/".length).split("/") : [];
}

/** Leads through `names`, never through a link. */
async function within<T>(
  workFolder: string,
  names: readonly string[],
  { make }: { make: boolean },
  use: (folder: FileHandle) => Promise<T>,
): Promise<T> {
  let folder = await open(workFolder, FOLDER);
  try {
    for (const name of names) {
      const next = make ? await makeFolder(folder, name) : await open(inside(folder, name), FOLDER);
      await folder.close();
      folder = next;
    }
    return await use(folder);
  } finally {
    await folder.close();
  }
}

async function makeFolder(parent: FileHandle, name: string): Promise<FileHandle> {
  const isNew = await mkdir(inside(parent, name)).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, "EEXIST")) {
        return false;
      }
      throw error;
    },
  );
  const folder = await open(inside(parent, name), FOLDER);
  try {
    if (isNew) {
      await giveAway(folder, parent, 0o777);
    }
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function makeFile(parent: FileHandle, name: string): Promise<void> {
  try {
    const file = await open(inside(parent, name), NEW_FILE, 0o600);
    await giveAway(file, parent, 0o666).finally(() => file.close());
  } catch (error) {
    if (!hasCode(error, "EEXIST") || !(await lstat(inside(parent, name))).isFile()) {
      throw error;
    }
  }
}

/** As its folder is: whatever the runner's umask says, and whoever the runner is. */
async function giveAway(place: FileHandle, parent: FileHandle, mask: number): Promise<void> {
  const { uid, gid, mode } = await parent.stat();
  await place.chown(uid, gid);
  await place.chmod(mode & mask);
}

/** False: it stays. */
async function clear(folder: FileHandle, name: string): Promise<boolean> {
  const place = inside(folder, name);
  const stats = await lstat(place);
  if (stats.isDirectory()) {
    return rmdir(place).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, "ENOTEMPTY")) {
          return false;
        }
        throw error;
      },
    );
  }
  if (!stats.isFile() || stats.size > 0) {
    return false;
  }
  await unlink(place);
  return true;
}

function inside(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}
