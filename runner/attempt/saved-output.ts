/**
 * What the program wrote, both streams in their order, as `stdout.txt` in its `work/`. Done when the end is journalled and
 * before it is told; a runner that dies meanwhile begins it again. An end is never held back for longer than a while:
 * what a full disk or a file system that hangs does not take is in the log all the same.
 */
import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { beginsLate, GAP, outputOf } from "../engine/log-content.ts";
import { errorFields } from "../log.ts";
import { within } from "../timers.ts";
import { clearMounts } from "./drive-mounts.ts";
import type { Execution } from "./execution.ts";
import { folderOf, type JobFolder, makeOwnFolder } from "./job-folder.ts";
import { createFile, isPlaced, namesLike, openWork, place } from "./placing.ts";
import type { Attempt, Moment } from "./record.ts";

/** Its other name, out of anybody's reach, until the job is over. */
export const OUTPUT_PART = "stdout.part";
const LONGEST_MS = 10 * 60_000;

export async function saveOutput(execution: Execution): Promise<void> {
  const { context, attempt } = execution;
  try {
    if (!(await saveInTime(execution))) {
      context.log.error({ ref: attempt.ref }, "output.too_slow");
    }
  } catch (error) {
    if (!execution.closed) {
      context.log.error({ ref: attempt.ref, ...errorFields(error) }, "output.not_saved");
    }
  }
  // What a runner that is stopping did not bring to its end is the next one's.
  if (!execution.closed) {
    execution.save({ ...execution.attempt, outputDue: null });
  }
}

async function saveInTime({ context, attempt, plan, watchSignal }: Execution): Promise<boolean> {
  const ms = leftMs(attempt, context.now());
  if (ms === 0) {
    return false;
  }
  const overdue = new AbortController();
  const signal = AbortSignal.any([overdue.signal, watchSignal]);
  const writing = clearMounts(context, attempt, plan).then(() =>
    writeOutput(folderOf(context.settings, attempt), { attempt, stateFolder: context.stateFolder, signal }),
  );
  try {
    return (await within(context.timers, ms, writing)).in === "time";
  } finally {
    overdue.abort();
  }
}

/** Of the time that the end may be held back, whichever process began; a reboot is nobody's fault. */
function leftMs({ outputDue }: Attempt, now: Moment): number {
  const isSameBoot = outputDue?.bootId === now.bootId;
  return isSameBoot ? Math.max(0, LONGEST_MS - (now.uptimeMs - outputDue.uptimeMs)) : LONGEST_MS;
}

type Writing = { attempt: Attempt; stateFolder: string; signal: AbortSignal };

async function writeOutput(paths: JobFolder, { attempt, stateFolder, signal }: Writing): Promise<void> {
  const part = join(paths.own, OUTPUT_PART);
  if (await isPlaced(part)) {
    return;
  }
  const work = await openWork(paths.work);
  try {
    await makeOwnFolder(paths, stateFolder);
    await rm(part, { force: true });
    const file = await createFile(part);
    try {
      await copyLog(paths.log, file, { startedAtMs: attempt.started?.nowMs ?? null, signal });
      await giveAway(file, work);
    } finally {
      await file.close();
    }
    const { rank } = attempt.ref;
    // The end may be told by now, and the folder somebody else's.
    signal.throwIfAborted();
    await place(part, work, namesLike(rank === 0 ? "stdout" : `stdout-${rank}`, ".txt"));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await work.close();
  }
}

/** To whom the folder belongs; a rootless runner cannot, and need not, give anything away. */
async function giveAway(file: FileHandle, work: FileHandle): Promise<void> {
  await file.chmod(0o644);
  if (process.getuid?.() === 0) {
    const { uid, gid } = await work.stat();
    await file.chown(uid, gid);
  }
}

async function copyLog(
  path: string,
  to: FileHandle,
  { startedAtMs, signal }: { startedAtMs: number | null; signal: AbortSignal },
): Promise<void> {
  const log = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return null;
    }
    throw error;
  });
  if (log === null) {
    return;
  }
  try {
    if (beginsLate((await log.stat()).birthtimeMs, startedAtMs)) {
      await to.writeFile(GAP);
    }
    for await (const piece of outputOf(log)) {
      signal.throwIfAborted();
      await to.writeFile(piece);
    }
  } finally {
    await log.close();
  }
}
