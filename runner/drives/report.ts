/** What a runner says of its drives in `hello` and `capacity`. Pure. */
import type { ServedDrive } from "../../shared/capacity.ts";
import type { Drive } from "../settings.ts";

/** More than this many, or longer than this, and `*` stands for them: frames have other things to say too. */
const MAX_NAMED = 400;
const MAX_BYTES = 48 * 1024;

export type Found = {
  /** By id. */
  named: ReadonlyMap<string, string>;
  /** Of `*`: the folder that holds the drives' own, and their ids. */
  all: { folder: string; ids: ReadonlySet<string> } | null;
};

export function servedDrives(drives: ReadonlyMap<string, Drive>, found: Found): ServedDrive[] {
  const named = [...found.named.keys()].map((id) => served(id, drives.get(id)));
  if (found.all === null) {
    return named;
  }
  const others = [...found.all.ids].sort().map((id) => served(id, drives.get("*")));
  const whole = [...named, ...others];
  const isShort = whole.length <= MAX_NAMED && JSON.stringify(whole).length <= MAX_BYTES;
  return isShort ? whole : [...named, served("*", drives.get("*"))];
}

function served(id: string, drive: Drive | undefined): ServedDrive {
  return drive?.workspaces === undefined ? { id } : { id, workspaces: drive.workspaces };
}
