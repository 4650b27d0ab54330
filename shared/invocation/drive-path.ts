/**
 * UCloud's name of a file or folder: `/DRIVE/a/b`, of which `/DRIVE` is the whole drive. A name that could lead anywhere
 * else is refused here; whether the file exists is known on the node alone.
 */
import { DRIVE_ID } from "../plan.ts";
import { utf8Length } from "../text.ts";

/** `path` as in a plan's mount: inside the drive, empty for the whole. */
export type DrivePath = { drive: string; path: string };
export type Odd = { kind: "odd"; why: string };

export const MAX_PATH_CHARS = 4096;
/** Linux's, for one name. */
export const MAX_NAME_BYTES = 255;

export function parseDrivePath(text: string): ({ kind: "ok" } & DrivePath) | Odd {
  const split = namesOf(text);
  if (split.kind === "odd") {
    return split;
  }
  const [drive, ...names] = split.names;
  if (!text.startsWith("/") || drive === undefined || !DRIVE_ID.test(drive)) {
    return odd("A path begins with its drive, such as /123/folder/file.");
  }
  const path = names.join("/");
  return { kind: "ok", drive, path };
}

/** The names between the slashes; empty ones are none. */
export function namesOf(text: string): { kind: "ok"; names: string[] } | Odd {
  if (text.length > MAX_PATH_CHARS) {
    return odd(`A path has at most ${MAX_PATH_CHARS} characters.`);
  }
  if (text.includes("\0")) {
    return odd("The path contains a NUL character.");
  }
  // Two of them could become the same name on their way to the node.
  if (!text.isWellFormed()) {
    return odd("The path contains half a character.");
  }
  const names = text.split("/").filter((name) => name !== "");
  if (names.some((name) => name === "." || name === "..")) {
    return odd("A path cannot contain . or .. as a name.");
  }
  return names.some((name) => utf8Length(name) > MAX_NAME_BYTES)
    ? odd(`A name in a path has at most ${MAX_NAME_BYTES} bytes.`)
    : { kind: "ok", names };
}

function odd(why: string): Odd {
  return { kind: "odd", why };
}
