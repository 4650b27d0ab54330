/**
 * Workspaces without funds. UCloud books on and refuses nothing, so the first word of it tells the users, the second one
 * closes the door for new jobs, and when every report of the grace said so what is there is stopped.
 */
import { cancel } from "./ending.ts";
import type { At, Job } from "./job.ts";
import { isActive } from "./job.ts";
import { signOf } from "./signs.ts";
import { isSilent } from "./silence.ts";
import { siteTermsOf } from "./site-terms.ts";
import type { QueueState } from "./state.ts";
import { tellLine } from "./telling.ts";
import type { Used } from "./usage.ts";
import { nextInLane, oldestOfLanes, type Waiting } from "./waiting-order.ts";
import { FUNDS_BACK_TEXT, FUNDS_REASON, FUNDS_TEXT } from "./words.ts";

/** `last`: by whose figure UCloud is asked again. */
export type Funds = { last: Used; sinceMs: number; ticks: number; noes: number; askedMs: number };

const NOES_TO_REFUSE = 2;
/** The grace is two ticks at least: the report that began it, and two more. */
const TICKS_TO_STOP = 3;
const ASK_AGAIN_MS = 60_000;
const MAX_WAITING_STOPPED = 1_000;

export function isRefused(state: QueueState, workspace: string): boolean {
  return (state.usage.fundsOf(workspace)?.noes ?? 0) >= NOES_TO_REFUSE;
}

/** Nobody else would notice that a workspace has got an allocation. */
export function mayAskAgain({ noes, askedMs }: Funds, { nowMs }: At): boolean {
  return noes >= NOES_TO_REFUSE && nowMs - askedMs >= ASK_AGAIN_MS;
}

/** What UCloud said about one workspace; `isTick`: by a regular report. */
export function hearFunds(
  state: QueueState,
  last: Used,
  { isFunded, isTick }: { isFunded: boolean; isTick: boolean },
): void {
  const at = state.at();
  const known = state.usage.fundsOf(last.workspace);
  if (isFunded) {
    if (known !== null) {
      state.usage.removeFunds(last.workspace);
      tellAll(state, last.workspace, FUNDS_BACK_TEXT);
    }
    return;
  }
  const funds: Funds = {
    last,
    sinceMs: known?.sinceMs ?? at.nowMs,
    ticks: (known?.ticks ?? 0) + (isTick ? 1 : 0),
    noes: (known?.noes ?? 0) + 1,
    askedMs: at.nowMs,
  };
  state.usage.saveFunds(funds);
  if (known === null) {
    tellAll(state, last.workspace, FUNDS_TEXT);
  }
  if (isTick && funds.ticks >= TICKS_TO_STOP) {
    stopAll(state, funds, at);
  }
}

function tellAll(state: QueueState, workspace: string, text: string): void {
  for (const job of startedOf(state, workspace)) {
    state.save(job, tellLine(job, text));
  }
}

function stopAll(state: QueueState, { last, sinceMs }: Funds, at: At): void {
  const jobs = [...startedOf(state, last.workspace), ...waitingOf(state, last.workspace)];
  for (const job of jobs) {
    if (at.nowMs - sinceMs >= siteTermsOf(job).fundsGraceMs && job.cancelAsked === null) {
      const silent = isActive(job.place) && isSilent(signOf(state, job.place.runner, at), at);
      state.take(job, cancel(job, FUNDS_REASON, silent, at));
    }
  }
}

/** Offered, claimed, starting or running. */
function startedOf(state: QueueState, workspace: string): Job[] {
  return state.jobs
    .runnersWithJobs()
    .flatMap((runner) => state.jobs.heldBy(runner))
    .filter((job) => job.workspace === workspace);
}

function waitingOf(state: QueueState, workspace: string): Job[] {
  const { sql } = state.ports;
  const found: Job[] = [];
  for (const head of oldestOfLanes(state.jobs.lanes).filter(({ lane }) => lane.endsWith(`|${workspace}`))) {
    for (let one: Waiting | null = head; one !== null && found.length < MAX_WAITING_STOPPED; ) {
      const job = state.jobs.get(one);
      found.push(...(job?.workspace === workspace ? [job] : []));
      one = nextInLane(sql, one);
    }
  }
  return found;
}
