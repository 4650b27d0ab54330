/**
 * The end of an attempt, noted in its own folder, from which `work-keep` counts. It stands there and not in the journal,
 * which may be lost: a folder is removed when every attempt that used it has such a note.
 */
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorFields } from "../log.ts";
import { writeWhole } from "../own-files.ts";
import { within } from "../timers.ts";
import type { Context } from "./context.ts";
import { folderOf, makeOwnFolder, OWNER_FILE } from "./job-folder.ts";
import { PARAMETERS_PART } from "./job-parameters.ts";
import type { Attempt } from "./record.ts";
import { OUTPUT_PART } from "./saved-output.ts";

const END_FILE = "ended";
const OWN_FOLDER = /^attempt-\d+-\d+$/;
const NOTE_MS = 10_000;

/** Of one attempt in a job's folder. `endedAtMs` by the wall clock; null: not that anybody noted it. */
export type Use = { own: string; stateFolder: string; endedAtMs: number | null };

/** A failure holds nothing up: what is not noted is noted by the next sweep. */
export async function noteEnd(context: Context, attempt: Attempt): Promise<void> {
  const { stateFolder, timers, log, settings } = context;
  const { nowMs } = context.now();
  const paths = folderOf(settings, attempt);
  try {
    await within(timers, NOTE_MS, note(paths, stateFolder, nowMs));
  } catch (error) {
    log.warn({ ref: attempt.ref, ...errorFields(error) }, "folder.end_not_noted");
  }
}

async function note(paths: ReturnType<typeof folderOf>, stateFolder: string, nowMs: number): Promise<void> {
  if ((await lstat(paths.folder).catch(() => null)) === null) {
    return;
  }
  await makeOwnFolder(paths, stateFolder);
  await Promise.all([PARAMETERS_PART, OUTPUT_PART].map((name) => rm(join(paths.own, name), { force: true })));
  await writeEnd(paths.own, nowMs);
}

export function writeEnd(own: string, nowMs: number): Promise<void> {
  return writeWhole(join(own, END_FILE), `${nowMs}\n`);
}

/** Of every attempt that used this folder, on whichever node. */
export async function readUses(folder: string): Promise<Use[]> {
  const names = (await readdir(folder)).filter((name) => OWN_FOLDER.test(name));
  return Promise.all(
    names.map(async (name) => {
      const own = join(folder, name);
      const [owner, ended] = await Promise.all([textOf(join(own, OWNER_FILE)), textOf(join(own, END_FILE))]);
      return { own, stateFolder: owner ?? "", endedAtMs: /^\d{1,16}$/.test(ended ?? "") ? Number(ended) : null };
    }),
  );
}

/** The log of the attempt whose own folder this is. */
export function logBeside(own: string): string {
  return join(dirname(own), `${basename(own).replace("attempt-", "output-")}.log`);
}

async function textOf(path: string): Promise<string | null> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    return null;
  }
}
