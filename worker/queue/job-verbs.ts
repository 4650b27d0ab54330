/** What an administrator does with one job beside cancelling it: ends it, has its end told again, or lets that be. */
import type { JobVerb } from "./api.ts";
import { failByWord } from "./ending.ts";
import { type At, isDone, type Job } from "./job.ts";
import type { QueueState } from "./state.ts";
import { isFinal } from "./telling.ts";
import { note } from "./timeline.ts";

export function decideJob(
  state: QueueState,
  id: string,
  { verb, reason }: { verb: JobVerb; reason: string },
  at: At,
): Job | "unknown" | "not_over" {
  const job = state.jobs.live(id);
  if (job === null) {
    return "unknown";
  }
  switch (verb) {
    case "fail":
      state.take(job, failByWord(job, reason, at));
      break;
    case "resend":
      if (!isDone(job)) {
        return "not_over";
      }
      state.save(job, tellEndAgain(job, reason, at));
      hurry(state, at);
      break;
    case "discard":
      if (!isDone(job)) {
        return "not_over";
      }
      state.save(job, dropEnd(job, reason, at));
      break;
    default:
      verb satisfies never;
  }
  return state.jobs.live(id) ?? "unknown";
}

/**
 * The end that the row has, now, whether UCloud took it before or not; never another one. What came before an end that
 * was taken is not told again.
 */
function tellEndAgain(job: Job, reason: string, at: At): Job {
  const noted = note(job, at.nowMs, "its end is told again, by an administrator", reason);
  const telling = { ...noted.telling, tries: 0, noes: null };
  if (!isFinal(telling.told) && !telling.forgotten && telling.discarded !== true) {
    return { ...noted, telling: { ...telling, dueMs: Math.max(at.nowMs, telling.guardUntilMs) } };
  }
  const told = job.startedAtMs === null ? null : ("RUNNING" as const);
  // UCloud may have given the id to another job since: it is compared first.
  const again = { told, update: null, forgotten: false, discarded: false, confirmed: false };
  return { ...noted, telling: { ...telling, ...again } };
}

function dropEnd(job: Job, reason: string, at: At): Job {
  if (isFinal(job.telling.told) || job.telling.discarded === true) {
    return job;
  }
  const noted = note(job, at.nowMs, "its end is not told any more, by an administrator", reason);
  return { ...noted, telling: { ...noted.telling, discarded: true, update: null, noes: null } };
}

/** Who says *now* does not mean after the rest of a long wait for UCloud. */
function hurry({ settings }: QueueState, { nowMs }: At): void {
  const { outage } = settings.get();
  if (outage !== null && outage.notBeforeMs > nowMs) {
    settings.set({ outage: { ...outage, notBeforeMs: nowMs } });
  }
}
