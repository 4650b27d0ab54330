/**
 * The alarm's other half: what UCloud is to be told. Everything due goes in as few requests as possible; a batch that
 * UCloud refuses is halved until the bad item stands alone, which is then set aside.
 */

import { fullJitter } from "../../shared/backoff.ts";
import type { ControlApi, JobUpdate } from "../ucloud/control.ts";
import { dropOrHold } from "./brake.ts";
import { dropForgotten } from "./ending.ts";
import type { At, Job } from "./job.ts";
import { asToldNow } from "./late-news.ts";
import { settleOutputFolder, withOutputFolder } from "./output-folder.ts";
import { isUncompared } from "./restored.ts";
import type { QueueState } from "./state.ts";
import { confirm, countNo, passUpdate, retryLater, STALE_MS, sameUpdate } from "./telling.ts";
import { note } from "./timeline.ts";

const MAX_REQUESTS = 8;
const MAX_TIME_MS = 10_000;
const MAX_BATCH = 100;
const OUTAGE_BASE_MS = 1_000;

/** `update` as it is in the row, `sent` as it leaves. */
type Told = { job: Job; update: JobUpdate; sent: JobUpdate };
type Failed = Exclude<Awaited<ReturnType<ControlApi["update"]>>, { kind: "ok" } | { kind: "rejected" }>;

/** Returns how many requests it took. */
export async function tellUcloud(state: QueueState): Promise<number> {
  if (isUncompared(state)) {
    return 0;
  }
  const startMs = state.ports.nowMs();
  for (let request = 0; request < MAX_REQUESTS; request++) {
    const nowMs = state.ports.nowMs();
    const isPaused = (state.settings.get().outage?.notBeforeMs ?? 0) > nowMs;
    if (isPaused || nowMs - startMs >= MAX_TIME_MS) {
      return request;
    }
    const due = state.jobs.due(nowMs, Math.min(state.settings.get().batchLimit, MAX_BATCH));
    if (due.length === 0) {
      return request;
    }
    await tellSome(state, due);
  }
  return MAX_REQUESTS;
}

async function tellSome(state: QueueState, due: Job[]): Promise<void> {
  const [first] = due;
  if (first !== undefined && !first.telling.confirmed) {
    await compare(state, first);
    return;
  }
  const batch = first !== undefined && isSetAside(first) ? [first] : due.filter(isOrdinary);
  const told = batch.flatMap((job) => toTell(job, state.ports.nowMs()));
  const answer = await state.ports.control.update(told.map(({ job, sent }) => ({ id: job.id, update: sent })));
  if (answer.kind === "ok") {
    state.turn((at) => {
      noteReachable(state);
      for (const { job, update, sent } of told) {
        change(state, job, (row) => settleOutputFolder(passUpdate(row, update, at), sent));
      }
    });
    return;
  }
  if (answer.kind !== "rejected") {
    countOutage(state, told, answer, false);
    return;
  }
  const [alone] = told;
  if (told.length > 1 || alone === undefined) {
    state.turn(() => state.settings.set({ batchLimit: Math.max(1, Math.floor(told.length / 2)), outage: null }));
    return;
  }
  await judgeRejected(state, alone, answer.status);
}

function toTell(job: Job, nowMs: number): Told[] {
  const { update } = job.telling;
  return update === null ? [] : [{ job, update, sent: withOutputFolder(job, asToldNow(job, update, nowMs)) }];
}

/** It was refused once when it stood alone: it goes alone from now on, so that it holds back nobody. */
function isSetAside({ telling }: Job): boolean {
  return telling.noes !== null || telling.tries > 0;
}

function isOrdinary(job: Job): boolean {
  return job.telling.confirmed && !isSetAside(job);
}

/** UCloud refuses this one update by itself: today's answers 404 to an unknown job, the older one 400. */
async function judgeRejected(state: QueueState, told: Told, status: number): Promise<void> {
  const { job, update, sent } = told;
  const answer = await state.ports.control.exists([job.id]);
  if (answer.kind !== "ok") {
    countOutage(state, [told], answer, true);
    return;
  }
  state.turn((at) => {
    noteReachable(state);
    if (answer.exists[0]) {
      change(state, job, (row) => giveWay(state, settleOutputFolder(row, sent), update, status, at));
      return;
    }
    hearNo(state, told, at);
  });
}

/** Something that is not final gives way to what comes after it; an end is said again until it is taken. */
function giveWay(state: QueueState, job: Job, update: JobUpdate, status: number, at: At): Job {
  if (!sameUpdate(job.telling.update, update)) {
    return job;
  }
  const known: Job = { ...job, telling: { ...job.telling, noes: null } };
  return update.expectedDifferentState
    ? retryLater(note(known, at.nowMs, `UCloud refused ${update.state}`, `${status}`), at, state.ports.random())
    : passUpdate(known, update, at, `UCloud answered ${status}`);
}

function hearNo(state: QueueState, { job, update }: Told, at: At): void {
  const row = state.jobs.get(job);
  if (row === null || !sameUpdate(row.telling.update, update)) {
    return;
  }
  const { job: counted, isForgotten } = countNo(row, at);
  if (isForgotten) {
    dropOrHold(state, { before: row, after: counted }, at);
  } else {
    state.save(row, counted);
  }
}

/**
 * Nobody saw this job's create being answered. UCloud may have given up, restarted, and given the id to another job:
 * that one must not hear of ours.
 */
async function compare(state: QueueState, job: Job): Promise<void> {
  const answer = await state.ports.control.retrieve(job.id);
  if (answer.kind !== "ok" && answer.kind !== "absent") {
    countOutage(state, toTell(job, state.ports.nowMs()), answer, true);
    return;
  }
  state.turn((at) => {
    noteReachable(state);
    const row = state.jobs.get(job);
    if (row === null) {
      return;
    }
    if (answer.kind === "ok" && isSameJob(row, answer.job, state.ports.category)) {
      state.save(row, confirm(row, at));
      return;
    }
    state.take(row, dropForgotten(row, at));
  });
}

function isSameJob(
  job: Job,
  theirs: Extract<Awaited<ReturnType<ControlApi["retrieve"]>>, { kind: "ok" }>["job"],
  category: string,
): boolean {
  return (
    theirs.createdAt === job.createdAt &&
    theirs.owner.createdBy === job.owner.createdBy &&
    theirs.owner.project === job.owner.project &&
    theirs.product.id === job.productId &&
    theirs.product.category === category
  );
}

/** Re-read after the request: others may have changed the row, and it is decided upon as it is now. */
function change(state: QueueState, job: Job, decide: (row: Job) => Job): void {
  const row = state.jobs.get(job);
  if (row !== null) {
    state.save(row, decide(row));
  }
}

function noteReachable(state: QueueState): void {
  const { batchLimit } = state.settings.get();
  state.settings.set({ outage: null, refreshRefusedSinceMs: null, batchLimit: Math.min(MAX_BATCH, batchLimit * 2) });
}

/**
 * UCloud does not answer as agreed: everybody waits, longer each time. If it was asked about one job alone the fault may
 * be that job's: it steps aside, so that the next try is another's.
 */
function countOutage(state: QueueState, told: Told[], failed: Failed, isAboutOne: boolean): void {
  state.turn((at) => {
    const { outage, refreshRefusedSinceMs, batchLimit } = state.settings.get();
    const tries = (outage?.tries ?? 0) + 1;
    const waitMs = fullJitter(tries, OUTAGE_BASE_MS, at.times.retryMaxMs, state.ports.random());
    const status = failed.kind === "unavailable" ? failed.status : null;
    const isRefused = failed.kind === "refresh-refused";
    state.settings.set({
      outage: { tries, notBeforeMs: at.nowMs + 1 + waitMs, status },
      refreshRefusedSinceMs: isRefused ? (refreshRefusedSinceMs ?? at.nowMs) : refreshRefusedSinceMs,
      // A single item that makes UCloud fail must not hold back the others for ever.
      batchLimit: status === 500 ? Math.max(1, Math.floor(batchLimit / 2)) : batchLimit,
    });
    const isAlone = (isAboutOne && !isRefused) || (status === 500 && told.length === 1);
    for (const { job, update } of told) {
      change(state, job, (row) => stepAside(state, row, { update, isAlone }, at));
    }
  });
}

function stepAside(state: QueueState, job: Job, of: { update: JobUpdate; isAlone: boolean }, at: At): Job {
  if (!sameUpdate(job.telling.update, of.update)) {
    return job;
  }
  if (!of.update.expectedDifferentState && at.nowMs - job.telling.sinceMs > STALE_MS) {
    return passUpdate(job, of.update, at, "too old");
  }
  return of.isAlone ? retryLater(job, at, state.ports.random()) : job;
}
