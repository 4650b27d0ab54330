/** Which programs may be hooks: what anybody else could change would make its changer the runner. */
import { constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "../usage-error.ts";
import type { HookPaths } from "./hooks.ts";

const OTHERS_WRITE = 0o022;
const ROOT = 0;

/** Throws a usage error that names the hook. */
export function requireSafe(paths: HookPaths, ownUid = process.getuid?.() ?? ROOT): void {
  for (const [name, path] of Object.entries(paths)) {
    const setting = `hooks.${name}`;
    const program = look(path, setting);
    if (!program.isFile() || (program.mode & (constants.S_IXUSR | constants.S_IXGRP | constants.S_IXOTH)) === 0) {
      throw new UsageError(`${setting}: ${path} is no executable file`);
    }
    for (const place of placesOf(path)) {
      const { uid, mode } = look(place, setting);
      const isSticky = (mode & 0o1000) !== 0 && place !== path;
      if ((uid !== ROOT && uid !== ownUid) || ((mode & OTHERS_WRITE) !== 0 && !isSticky)) {
        throw new UsageError(`${setting}: ${place} can be changed by others than root and the runner's user`);
      }
    }
  }
}

/** The file and every folder above it. */
function placesOf(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...placesOf(above)];
}

function look(path: string, setting: string) {
  try {
    return statSync(path);
  } catch {
    throw new UsageError(`${setting}: ${path} cannot be looked at`);
  }
}
