/**
 * A job's mounts, found on their drives: what the engine is to mount and by what it will be known again. Between this
 * look and the mount somebody may swap a name for a link, so the engine looks at what it mounted before the start.
 */
import type { JobPlan, Mount } from "../../shared/plan.ts";
import { type DriveUse, EngineError, type LocatedMount } from "../engine/engine.ts";
import { hasCode } from "../error-code.ts";
import type { Drive } from "../settings.ts";
import { walk } from "./walk.ts";

/** A drive at its place: `names` lead from `root`, which nobody but the operator can move, to its folder. */
export type DrivePlace = { drive: Drive; root: string; names: string[] };

/** null: the job has none. Throws `EngineError`: what is missing or cannot be used, and whose fault that is. */
export async function locateMounts(
  { mounts = [] }: Pick<JobPlan, "mounts">,
  placeOf: (drive: string) => DrivePlace | null,
): Promise<DriveUse | null> {
  const located: LocatedMount[] = [];
  const drives = new Set<Drive>();
  for (const mount of mounts) {
    const place = placeOf(mount.drive);
    if (place === null) {
      throw new EngineError({ code: "drive_unavailable", detail: `drive ${mount.drive}` });
    }
    drives.add(place.drive);
    located.push(await locate(mount, place));
  }
  return located.length === 0 ? null : { mounts: located, ...ruleOf([...drives]) };
}

async function locate(mount: Mount, { drive, root, names }: DrivePlace): Promise<LocatedMount> {
  const { destination, path, readOnly } = mount;
  const all = [...names, ...(path === "" ? [] : path.split("/"))];
  if (!isPlain(destination)) {
    throw new EngineError({ code: "file_not_usable", detail: destination.slice(0, 200) });
  }
  const found = await walk(root, all).catch((error: unknown) => {
    const code = hasCode(error, "EACCES", "EPERM") ? "mount_failed" : "drive_unavailable";
    throw new EngineError({ code, detail: `drive ${mount.drive}` }, { cause: error });
  });
  switch (found.is) {
    case "missing":
      throw found.at < names.length
        ? new EngineError({ code: "drive_unavailable", detail: `drive ${mount.drive}` })
        : new EngineError({ code: "file_not_found", detail: destination.slice(0, 200) });
    case "unusable":
      throw new EngineError({ code: "file_not_usable", detail: destination.slice(0, 200) });
    default: {
      const { is: kind, identity } = found;
      return { source: [root, ...all].join("/"), destination, readOnly: readOnly || drive.readOnly, kind, identity };
    }
  }
}

/** A place in the container, by names alone, and neither the whole of it nor all of `/work`. */
function isPlain(destination: string): boolean {
  const names = destination.split("/").slice(1);
  return destination !== "/work" && names.every((name) => !["", ".", ".."].includes(name) && !name.includes("\0"));
}

/** Several drives: every group, and whatever one of them keeps from others is kept from them everywhere. */
function ruleOf(drives: Drive[]): Pick<DriveUse, "groups" | "umask"> {
  const groups = drives.flatMap(({ gid }) => (gid === undefined ? [] : [gid]));
  const umask = drives.reduce((bits, drive) => bits | Number.parseInt(drive.umask, 8), 0);
  return { groups: [...new Set(groups)], umask: umask.toString(8).padStart(4, "0") };
}
