/**
 * A path, walked one name at a time from a folder, so that no link on the way leads elsewhere. Each name is opened in
 * the folder that is held open already: whoever swaps a name for a link meanwhile is seen or comes too late.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { hasCode } from "../error-code.ts";

/** Opens the place itself, a link too, without reading it and without permission to. Node does not name it. */
const O_PATH = 0o10000000;
/** The system's words for a name that is not there. */
const MISSING = ["ENOENT", "ENAMETOOLONG"];

export type Kind = "folder" | "file";
export type Walked =
  /** `identity`: of the place itself, on this machine, until it is deleted. */
  | { is: Kind; identity: string }
  /** `at`: how many names were there. */
  | { is: "missing"; at: number }
  /** A link, or neither folder nor file, or a file in the middle. */
  | { is: "unusable"; at: number };

/** Throws the system's error (with its `code`) for everything else, and where `root` itself is no folder. */
export async function walk(root: string, names: readonly string[]): Promise<Walked> {
  let place = await open(root, O_PATH | constants.O_DIRECTORY);
  try {
    let found = await look(place);
    for (const [at, name] of names.entries()) {
      const next = await enter(place, name);
      if (next === null) {
        return { is: "missing", at };
      }
      await place.close();
      place = next;
      found = await look(place);
      if (found === null || (found.is === "file" && at < names.length - 1)) {
        return { is: "unusable", at };
      }
    }
    return found ?? { is: "unusable", at: 0 };
  } finally {
    await place.close();
  }
}

/** null: there is no such name. One that would lead out of the folder is none. */
async function enter(folder: FileHandle, name: string): Promise<FileHandle | null> {
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) {
    return null;
  }
  try {
    return await open(`/proc/self/fd/${folder.fd}/${name}`, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, ...MISSING)) {
      return null;
    }
    throw error;
  }
}

async function look(place: FileHandle): Promise<{ is: Kind; identity: string } | null> {
  // Numbers of files exceed what a double counts on large file systems.
  const stats = await place.stat({ bigint: true });
  const is = stats.isDirectory() ? "folder" : stats.isFile() ? "file" : null;
  return is === null ? null : { is, identity: `${stats.dev}:${stats.ino}` };
}
