/**
 * Why a job waits, for its user: one sentence after a minute in the queue, another one when the reason has changed. The
 * place is counted over all older jobs of the category, in coarse steps, and only for the oldest thousand. A job that has
 * waited for longer than its machine type allows ends here.
 */
import { end } from "./ending.ts";
import type { At, Job } from "./job.ts";
import { obstacleOf, type Situation, situationOf } from "./obstacle.ts";
import { siteTermsOf } from "./site-terms.ts";
import type { QueueState } from "./state.ts";
import { tellLine } from "./telling.ts";
import { inOrderOfAge, nextInLane, oldestOfLanes, type Waiting } from "./waiting-order.ts";
import { tooLongText, waitingText } from "./words.ts";

/** Between two sentences of one job, and between two looks that told something. */
const MINUTE_MS = 60_000;
const MAX_LINES = 100;
const MAX_COUNTED = 1_000;
const MAX_ENDED = 1_000;
/** Time alone can make a reason: a machine that has fallen silent wakes nobody. */
const LOOK_AGAIN_GAPS = 10;

/** The end of every turn: when to look next, if anything waits. */
export function planWaiting(state: QueueState, at: At): void {
  if (state.jobs.lanes.isEmpty()) {
    state.waitingCheckMs = null;
    return;
  }
  const soonMs = at.nowMs + (state.waitingCheckedMs === at.nowMs ? Number.POSITIVE_INFINITY : at.times.waitingLineMs);
  state.waitingCheckMs = Math.min(state.waitingCheckMs ?? firstCheckMs(state, at), soonMs);
}

/** The object may have left memory since it looked last. */
function firstCheckMs(state: QueueState, at: At): number {
  const [oldest] = oldestOfLanes(state.jobs.lanes);
  const dueMs = (oldest?.acceptedAtMs ?? at.nowMs) + at.times.waitingLineMs;
  return Math.max(dueMs, (state.settings.get().linesAtMs ?? 0) + gapMs(at));
}

function gapMs({ times }: At): number {
  return Math.min(MINUTE_MS, times.waitingLineMs);
}

export function watchWaiting(state: QueueState, at: At): void {
  if (state.jobs.lanes.isEmpty() || (state.waitingCheckMs ?? firstCheckMs(state, at)) > at.nowMs) {
    return;
  }
  state.waitingCheckedMs = at.nowMs;
  const { heads, nextEndMs } = endOverdue(state, at);
  const nextLineMs = tellReasons(state, heads, at);
  state.waitingCheckMs = Math.min(nextEndMs, nextLineMs);
}

/** Of a lane the oldest job is overdue first. */
function endOverdue(state: QueueState, at: At): { heads: Waiting[]; nextEndMs: number } {
  const heads: Waiting[] = [];
  let nextEndMs = Number.POSITIVE_INFINITY;
  let ended = 0;
  for (const oldest of oldestOfLanes(state.jobs.lanes)) {
    for (let head: Waiting | null = oldest; head !== null; head = nextInLane(state.ports.sql, head)) {
      const job = state.jobs.get(head);
      const endMs = job === null ? at.nowMs : job.acceptedAtMs + siteTermsOf(job).maxQueueMs;
      if (job === null || endMs > at.nowMs || ended >= MAX_ENDED) {
        heads.push(head);
        nextEndMs = Math.min(nextEndMs, Math.max(endMs, at.nowMs + 1));
        break;
      }
      ended += 1;
      const text = tooLongText(siteTermsOf(job).maxQueueMs);
      state.save(job, end(job, { outcome: "FAILURE", text }, at));
    }
  }
  return { heads, nextEndMs };
}

/** Returns when something is to be told next. */
function tellReasons(state: QueueState, heads: Waiting[], at: At): number {
  const situation = situationOf(state, at);
  const gap = gapMs(at);
  let told = 0;
  let nextMs = Number.POSITIVE_INFINITY;
  for (const [index, waiting] of inOrderOfAge(state.ports.sql, heads, MAX_COUNTED).entries()) {
    const dueMs = waiting.acceptedAtMs + at.times.waitingLineMs;
    if (dueMs > at.nowMs) {
      nextMs = Math.min(nextMs, dueMs);
      break;
    }
    nextMs = Math.min(nextMs, at.nowMs + LOOK_AGAIN_GAPS * gap);
    const job = state.jobs.get(waiting);
    const line = job === null ? null : newLine(job, index + 1, situation);
    if (job === null || line === null) {
      continue;
    }
    if (told >= MAX_LINES || at.nowMs - job.telling.lineAtMs < gap) {
      nextMs = Math.min(nextMs, at.nowMs + gap);
      continue;
    }
    told += 1;
    state.save(job, tellLine(job, line));
  }
  if (told > 0) {
    state.settings.set({ linesAtMs: at.nowMs });
  }
  return told > 0 ? Math.max(nextMs, at.nowMs + gap) : nextMs;
}

/** Null: the user knows. */
function newLine(job: Job, place: number, situation: Situation): string | null {
  const line = waitingText(obstacleOf(job, situation), place, job.terms);
  const { telling } = job;
  return line === (telling.line ?? telling.lineTold) ? null : line;
}
