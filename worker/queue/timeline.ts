/** The bounded story of a job for whoever looks at 2 a.m.: its beginning and its latest entries survive. */
import { cleanText } from "../../shared/text.ts";
import type { TimelineEntry } from "./api.ts";
import { isActive, type Job } from "./job.ts";

const FIRST = 10;
const LAST = 30;

/** The job with one more entry; the same thing said twice in a row is kept once. */
export function note(job: Job, atMs: number, what: string, detail?: string): Job {
  const entry: TimelineEntry = {
    atMs,
    what,
    ...(job.attempt > 0 ? { attempt: job.attempt } : {}),
    ...(isActive(job.place) ? { runner: job.place.runner } : {}),
    ...(detail ? { detail: cleanText(detail, 200) } : {}),
  };
  const last = job.timeline.at(-1);
  if (last?.what === entry.what && last.attempt === entry.attempt && last.detail === entry.detail) {
    return job;
  }
  const all = [...job.timeline, entry];
  const timeline = all.length > FIRST + LAST ? [...all.slice(0, FIRST), ...all.slice(-LAST)] : all;
  return { ...job, timeline };
}
