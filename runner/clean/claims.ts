/**
 * Whether something with a runner's labels is provably nobody's: no runner works in the state folder that it was made
 * from, and where that folder lay there is none, or another one. Whatever cannot be seen is somebody's.
 */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { LABELS } from "../engine/labels.ts";
import { hasCode } from "../error-code.ts";
import { isEnrolled, readIdentity } from "../identity.ts";
import { isOwnFolder, type Owner, readFolderId } from "../ownership.ts";

export type Claims = {
  owner: Owner;
  /** Ids of state folders in which other processes work. */
  live: ReadonlySet<string>;
};

type Labels = Readonly<Record<string, string>>;

/** It is this runner's own, whose process looks after it. */
export function isOwn(labels: Labels, { owner }: Claims): boolean {
  return labels[LABELS.runner] === owner.runner && isOwnFolder(labels[LABELS.stateFolder] ?? "", owner);
}

/** Why it may be somebody's; null: it is nobody's. */
export async function claimOn(labels: Labels, { live }: Claims): Promise<string | null> {
  const folder = labels[LABELS.stateFolder] ?? "";
  const dir = labels[LABELS.stateDir];
  if (live.has(folder)) {
    return "a runner works in its state folder";
  }
  if (dir === undefined || !dir.startsWith("/")) {
    return "it does not say where its state folder lay";
  }
  const there = await lstat(join(dir, "folder-id")).then(() => true, isUnseen);
  if (there === "unseen") {
    return `its state folder ${dir} cannot be looked at`;
  }
  const isSame = there && readFolderId(dir) === folder;
  return isSame && worksAs(dir, labels[LABELS.runner]) ? `its state folder is ${dir}` : null;
}

function isUnseen(error: unknown): false | "unseen" {
  return hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR") ? false : "unseen";
}

/** A damaged identity may be anybody's. */
function worksAs(stateDir: string, runner: string | undefined): boolean {
  try {
    return isEnrolled(stateDir) && readIdentity(stateDir).runner.id === runner;
  } catch {
    return true;
  }
}
