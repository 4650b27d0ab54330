/**
 * Folders and small files of the runner's own, made without following links. Whoever could rename a folder on the way to
 * them could put a link in its place between our look and Podman's, so where others write nearby the way is looked at.
 */
import { constants } from "node:fs";
import { chmod, lstat, mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";

export type Ids = { uid: number; gid: number };

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;
const WAY_MODE = 0o755;

/** A folder on the way belongs to others, can be changed by others, or is none. */
export class WayError extends Error {
  override name = "WayError";
  readonly path: string;
  constructor(path: string) {
    super("a folder on the way is not the runner's");
    this.path = path;
  }
}

/** Idempotent. Throws the system's error when something else is in the way. */
export async function makeFolder(path: string, mode: number, owner: Ids | null = null): Promise<void> {
  await mkdir(path, { mode }).catch(unlessThere);
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

/** Every folder from the root on, those that are missing made for all to pass. @throws WayError */
export async function makeWay(path: string): Promise<void> {
  await walk(path, async (at) => {
    const isNew = await mkdir(at, { mode: WAY_MODE }).then(() => true, unlessThere);
    if (isNew === true) {
      // The runner's umask may have taken from it what the site's people need.
      await chmod(at, WAY_MODE);
    }
  });
}

/** @throws WayError */
export async function checkWay(path: string): Promise<void> {
  await walk(path, async () => {});
}

/** From above: nobody else can put another folder in the place of one that lies in a checked one. */
async function walk(path: string, before: (at: string) => Promise<void>): Promise<void> {
  let at = "/";
  await requireOwn(at);
  for (const name of path.split("/").filter((part) => part !== "")) {
    at = join(at, name);
    await before(at);
    await requireOwn(at);
  }
}

export async function requireOwn(path: string): Promise<void> {
  const found = await lstat(path);
  const isOurs = found.uid === 0 || found.uid === process.getuid?.();
  const isOpen = (found.mode & OTHERS_WRITE) !== 0 && (found.mode & STICKY) === 0;
  if (!found.isDirectory() || !isOurs || isOpen) {
    throw new WayError(path);
  }
}

/** For everybody to read, as a whole or not at all. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const unfinished = `${path}.new`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(unfinished, flags, mode);
  try {
    // The runner's umask may have taken from it what the job's user needs.
    await file.chmod(mode);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") {
    throw error;
  }
}
