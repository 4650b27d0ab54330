/** The way of a job to a runner, up to the granted start. */
import type { Failure } from "../../shared/failure.ts";
import { sideOf } from "../../shared/failure.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { offeredWith } from "./extension.ts";
import { failStart } from "./failed-start.ts";
import { type At, type Job, refOf, type Step } from "./job.ts";
import { note } from "./timeline.ts";

const same = (job: Job): Step => ({ job, send: [] });

/** Every offer raises the attempt: it is the fence that makes late answers to earlier offers harmless. */
export function offer(job: Job, runner: string, plan: JobPlan, at: At): Step {
  if (job.place.state !== "queued") {
    return same(job);
  }
  const untilMs = at.nowMs + at.times.offerMs;
  const place = { state: "offered" as const, runner, untilMs };
  const offered: Job = { ...job, ...offeredWith(job), attempt: job.attempt + 1, place };
  const { wallMs } = job.terms;
  return {
    job: note(offered, at.nowMs, "offered"),
    send: [{ runner, frame: { type: "offer", ref: refOf(offered), plan: { ...plan, wallMs } } }],
  };
}

/** `ready`: the image is there, so the start is granted in the same step. */
export function accept(job: Job, ready: boolean, at: At): Step {
  if (job.place.state !== "offered") {
    return ready ? grantStart(job, at) : same(job);
  }
  const { runner } = job.place;
  const claimed = note({ ...job, place: { state: "claimed", runner } }, at.nowMs, "claimed");
  return ready ? grantStart(claimed, at) : same(claimed);
}

/** Also for a job whose start is granted already: the `go` may have been lost, and the runner heeds only the first. */
export function grantStart(job: Job, at: At): Step {
  const { place } = job;
  if (place.state !== "claimed" && place.state !== "offered" && place.state !== "starting") {
    return same(job);
  }
  const granted: Job =
    place.state === "starting"
      ? job
      : note({ ...job, place: { state: "starting", runner: place.runner } }, at.nowMs, "start granted");
  const type = job.cancelAsked ? "cancel" : "go";
  return { job: granted, send: [{ runner: place.runner, frame: { type, ref: refOf(job) } }] };
}

/** A runner does not take what it was offered. Only the job's own fault and the node's count; `busy` is nobody's. */
export function refuse(job: Job, failure: Failure, at: At): Step {
  if (job.place.state !== "offered" && job.place.state !== "claimed") {
    return same(job);
  }
  if (sideOf(failure) !== "busy") {
    return same(failStart(job, failure, at));
  }
  return same(requeue(job, "refused", at, failure.code));
}

/** An offer that was not answered in time. */
export function lapse(job: Job, at: At): Job {
  return job.place.state === "offered" && job.place.untilMs <= at.nowMs
    ? requeue(job, "not answered in time", at)
    : job;
}

/**
 * Back to the queue, with its age. Never after a granted start, except on the runner's own word. A line that still waits
 * is about the runner that had the job.
 */
export function requeue(job: Job, why: string, at: At, detail?: string): Job {
  const noted = note(job, at.nowMs, `back in the queue: ${why}`, detail);
  const telling = { ...noted.telling, line: null };
  return { ...noted, place: { state: "queued", notBeforeMs: 0 }, silenceTold: false, telling };
}
