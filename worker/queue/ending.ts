/** How a job ends on the gateway's side, and what the node that may still have it is told. */
import { type At, isActive, isDone, type Job, type Outcome, refOf, type Sent, type Step, wasGranted } from "./job.ts";
import { note } from "./timeline.ts";
import { cancelSilentText, cancelText, failedBySiteText } from "./words.ts";

export type End = {
  outcome: Outcome;
  text: string;
  /** A runner whose verdict stays `cancel` until it has answered. */
  owedBy?: string;
};

/** A final row never changes its outcome: the first end wins. */
export function end(job: Job, { outcome, text, owedBy }: End, at: At): Job {
  if (isDone(job)) {
    return job;
  }
  const noted = note(job, at.nowMs, `ended ${outcome}`, text);
  const ranOn = wasGranted(job.place) ? job.place.runner : null;
  return { ...noted, place: { state: "done", outcome, text, endedAtMs: at.nowMs, owedBy: owedBy ?? null, ranOn } };
}

/**
 * What the user, or an administrator with a `reason`, asked for. Before the start was granted the job is over at once;
 * after it the node decides what came first, unless it has been silent for longer than the lease.
 */
export function cancel(job: Job, reason: string | null, runnerIsSilent: boolean, at: At): Step {
  const { place } = job;
  if (place.state === "done") {
    return { job, send: [] };
  }
  const asked = job.cancelAsked ?? { atMs: at.nowMs, reason };
  const noted: Job = { ...note(job, at.nowMs, "cancel asked"), cancelAsked: asked };
  if (!wasGranted(place)) {
    return { job: end(noted, { outcome: "SUCCESS", text: cancelText(asked.reason) }, at), send: forgetting(job) };
  }
  const send: Sent[] = [{ runner: place.runner, frame: { type: "cancel", ref: refOf(job) } }];
  if (runnerIsSilent) {
    const text = cancelSilentText(asked.reason);
    return { job: end(noted, { outcome: "SUCCESS", text, owedBy: place.runner }, at), send };
  }
  return { job: noted, send };
}

/** An administrator's word: over at once, whatever the node says later. Until it has answered it is told to stop. */
export function failByWord(job: Job, reason: string, at: At): Step {
  const { place } = job;
  if (place.state === "done") {
    return { job, send: [] };
  }
  const noted = note(job, at.nowMs, "failed by an administrator", reason);
  const failed: End = { outcome: "FAILURE", text: failedBySiteText(reason) };
  if (!wasGranted(place)) {
    return { job: end(noted, failed, at), send: forgetting(job) };
  }
  const send: Sent[] = [{ runner: place.runner, frame: { type: "cancel", ref: refOf(job) } }];
  return { job: end(noted, { ...failed, owedBy: place.runner }, at), send };
}

/** Another job has taken the id: nothing more is told of this one, and what runs of it is stopped. */
export function replace(job: Job, at: At): Step {
  const { place } = job;
  const mute: Job = { ...note(job, at.nowMs, "replaced by a job with the same id"), mute: true };
  const gone: End = { outcome: "FAILURE", text: "Another job has taken this job's id." };
  if (!wasGranted(place)) {
    return { job: end(mute, gone, at), send: forgetting(job) };
  }
  const send: Sent[] = [{ runner: place.runner, frame: { type: "cancel", ref: refOf(job) } }];
  return { job: end(mute, { ...gone, owedBy: place.runner }, at), send };
}

/** UCloud does not know the job any more: it is stopped, and nobody is told. */
export function dropForgotten(job: Job, at: At): Step {
  const noted = note(job, at.nowMs, "UCloud does not know the job any more");
  const forgotten: Job = { ...noted, telling: { ...noted.telling, forgotten: true } };
  const text = "UCloud does not know the job any more.";
  return { job: end(forgotten, { outcome: "FAILURE", text }, at), send: forgetting(job) };
}

/** The node may drop what it has prepared, or stop what it runs, without a word. */
export function forgetting(job: Job): Sent[] {
  return isActive(job.place) ? [{ runner: job.place.runner, frame: { type: "forget", ref: refOf(job) } }] : [];
}
