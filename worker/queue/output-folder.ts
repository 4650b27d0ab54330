/**
 * Where a job's files are in UCloud's own terms, by its runner's word. UCloud is told once, with the first state that it
 * hears after we have heard of it, which is RUNNING unless news crossed. Nothing waits for it: a folder that UCloud does
 * not take is left out of what is said again.
 */
import { MAX_PATH_CHARS, parseDrivePath } from "../../shared/invocation/drive-path.ts";
import { cleanText } from "../../shared/text.ts";
import type { JobUpdate } from "../ucloud/control.ts";
import type { Job } from "./job.ts";

/** A name that is odd is nobody's folder: cleaned, it would be another one's. */
export function noteOutputFolder(job: Job, folder: string | undefined): Job {
  const isOdd =
    folder === undefined || cleanText(folder, MAX_PATH_CHARS) !== folder || parseDrivePath(folder).kind === "odd";
  return isOdd || job.outputFolder !== undefined ? job : { ...job, outputFolder: { path: folder, isTold: false } };
}

/** As it leaves; the row's update stays what it is recognised by. */
export function withOutputFolder({ outputFolder }: Job, update: JobUpdate): JobUpdate {
  const isDue = outputFolder !== undefined && !outputFolder.isTold && update.state !== undefined;
  return isDue ? { ...update, outputFolder: outputFolder.path } : update;
}

/** `sent` was answered, one way or the other. */
export function settleOutputFolder(job: Job, sent: JobUpdate): Job {
  const { outputFolder } = job;
  return sent.outputFolder === undefined || outputFolder === undefined
    ? job
    : { ...job, outputFolder: { ...outputFolder, isTold: true } };
}
