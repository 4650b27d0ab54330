/**
 * Folders of jobs that no sweep removes, because the state folder that used them last has no runner any more. They go
 * by the same rule as all: every attempt has noted its end, and `work-keep` is over.
 */
import { rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { logBeside, readUses, type Use } from "../attempt/folder-end.ts";
import { type FolderSettings, foldersOfJobs, isInDrive, jobOf, removingName } from "../folders-of-jobs.ts";
import { checkWay, requireOwn } from "../own-files.ts";
import { FOLDER_ID, isOwnFolder } from "../ownership.ts";
import type { Remove } from "../removal.ts";
import type { Claims } from "./claims.ts";
import type { Leftover } from "./leftover.ts";

const DAY_MS = 86_400_000;

type Parts = { settings: FolderSettings; workKeepMs: number; claims: Claims; remove: Remove; nowMs: number };

export async function leftFolders(parts: Parts): Promise<Leftover[]> {
  const left: Leftover[] = [];
  for await (const path of foldersOfJobs(parts.settings)) {
    left.push(...(await leftAt(path, parts)));
  }
  return left;
}

async function leftAt(path: string, parts: Parts): Promise<Leftover[]> {
  const name = basename(path);
  const removing = /^\.removing-([0-9a-f]{16})-/.exec(name)?.[1];
  if (removing !== undefined) {
    const remove = () => parts.remove(path);
    return isNobodys(removing, parts) ? [aFolder(path, "its removal was cut off", remove)] : [];
  }
  const uses = jobOf(name) === null ? [] : await readUses(path).catch(() => []);
  const [last] = uses.toSorted((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
  const isEnded = last !== undefined && uses.every(({ endedAtMs }) => endedAtMs !== null);
  const agoMs = parts.nowMs - (last?.endedAtMs ?? parts.nowMs);
  if (!isEnded || agoMs < parts.workKeepMs || !isNobodys(last.stateFolder, parts)) {
    return [];
  }
  return [aFolder(path, `its job ended ${Math.floor(agoMs / DAY_MS)} days ago`, () => removeAll(path, uses, parts))];
}

function aFolder(path: string, found: string, remove: () => Promise<void>): Leftover {
  return { kind: "folder", name: path, found, kept: null, remove };
}

function isNobodys(stateFolder: string, { claims: { owner, live } }: Parts): boolean {
  return FOLDER_ID.test(stateFolder) && !isOwnFolder(stateFolder, owner) && !live.has(stateFolder);
}

/** What was begun under our name the next sweep of this runner ends. */
async function removeAll(path: string, uses: Use[], { settings, claims, remove }: Parts): Promise<void> {
  await (settings.jobsBelow.length > 0 ? checkWay(path) : requireOwn(path));
  if (isInDrive(path, settings)) {
    for (const one of [...uses.map(({ own }) => logBeside(own)), ...uses.map(({ own }) => own)]) {
      await remove(one);
    }
    return;
  }
  const doomed = join(dirname(path), removingName(claims.owner.stateFolder, basename(path)));
  await rename(path, doomed);
  await remove(doomed);
}
