/** The local half of the alarm: everything that is due without anybody asking. */
import { CLOSE } from "../../shared/close-codes.ts";
import { isWelcomed } from "./badge.ts";
import { dropGoneSilent } from "./gone-silent.ts";
import type { At, Job } from "./job.ts";
import { jobFields } from "./job-event.ts";
import { HELLO_MS } from "./sessions.ts";
import { nextSilenceCheckMs, signOf } from "./signs.ts";
import { sufferSilence } from "./silence.ts";
import { endDrains } from "./standing.ts";
import type { QueueState } from "./state.ts";
import { watchWaiting } from "./waiting.ts";

const MAX_PAUSES = 1_000;
/** Each is an event of half a KiB, and the platform keeps 256 KiB of one alarm's. */
const MAX_PURGED = 200;
/** Ended rows are removed together, not one by one: an alarm for each would cost as much as the row. */
const PURGE_EVERY_MS = 3_600_000;

export function sweep(state: QueueState, at: At): void {
  closeUnproven(state, at);
  endDrains(state, at);
  dropGoneSilent(state, at);
  for (const job of state.jobs.afterPause(at.nowMs, MAX_PAUSES)) {
    endPause(state, job);
  }
  if (state.silenceCheckMs !== null && state.silenceCheckMs <= at.nowMs) {
    lookForSilence(state, at);
  }
  watchWaiting(state, at);
  purge(state, at);
}

/** A socket that did not say a proven `hello` in time. */
function closeUnproven({ ports }: QueueState, { nowMs }: At): void {
  for (const line of ports.lines()) {
    const badge = line.badge();
    if (!isWelcomed(badge) && badge.openedAtMs + HELLO_MS <= nowMs) {
      line.close(CLOSE.PROTOCOL, "no hello");
    }
  }
}

/** A bulk that was never released is discarded: its create was not answered. A failed start may be tried again. */
function endPause(state: QueueState, job: Job): void {
  if (job.place.state === "held") {
    state.jobs.remove(job);
    noteClosed(state, job);
    return;
  }
  if (job.place.state === "queued") {
    state.save(job, { ...job, place: { ...job.place, notBeforeMs: 0 } });
  }
}

function lookForSilence(state: QueueState, at: At): void {
  for (const runner of state.jobs.runnersWithJobs()) {
    const signMs = signOf(state, runner, at);
    for (const job of state.jobs.heldBy(runner)) {
      state.save(job, sufferSilence(job, signMs, at));
    }
  }
  state.silenceCheckMs = nextSilenceCheckMs(state);
}

/** The last that is heard of a job. */
function noteClosed(state: QueueState, job: Job): void {
  state.outbox.event("job_closed", jobFields(job, state.ports.category));
}

function purge(state: QueueState, at: At): void {
  const { purgeAtMs } = state.settings.get();
  if (purgeAtMs === null || purgeAtMs > at.nowMs) {
    return;
  }
  const removed = state.jobs.removeEndedBefore(at.nowMs - at.times.keepMs, MAX_PURGED);
  for (const job of removed) {
    noteClosed(state, job);
  }
  if (removed.length > 0) {
    state.watches.forget();
  }
  if (removed.length === MAX_PURGED) {
    state.settings.set({ purgeAtMs: at.nowMs });
    return;
  }
  const oldestMs = state.jobs.oldestEndMs();
  const everyMs = Math.min(PURGE_EVERY_MS, at.times.keepMs);
  const nextMs = oldestMs === null ? null : Math.max(oldestMs + at.times.keepMs, at.nowMs + everyMs);
  state.settings.set({ purgeAtMs: nextMs });
}
