/** Offers: at the end of every turn, what waits is given to who has room. */
import { NO_RESOURCES, subtractResources } from "../../shared/plan.ts";
import { offerSilenceMs } from "../../shared/times.ts";
import { mayProbe, noteProbe } from "./degraded.ts";
import { type Served, servedBy } from "./drives.ts";
import { nextKeptOffEndMs } from "./failed-start.ts";
import { gpuRoomOf } from "./gpus.ts";
import type { At } from "./job.ts";
import { type Head, readUsage, type Usage } from "./lanes.ts";
import { closesAtMs, endsByMs, isDrained } from "./maintenance.ts";
import { type Candidate, isOpen, match, type Pairing } from "./match.ts";
import { isHalted } from "./obstacle.ts";
import { lapse, offer } from "./offering.ts";
import type { RunnerRow } from "./runner-store.ts";
import { signOf } from "./signs.ts";
import type { QueueState } from "./state.ts";

/** A bound on one turn's work; what is left is offered in the next. */
const MAX_ROUNDS = 512;

export function lapseOffers(state: QueueState, at: At): void {
  for (const job of state.jobs.lapsed(at.nowMs)) {
    state.save(job, lapse(job, at));
  }
}

export function offerJobs(state: QueueState, at: At): void {
  state.offerAgainMs = null;
  state.holds = { wanted: new Map(), offered: new Set() };
  if (isHalted(state) || state.jobs.lanes.isEmpty()) {
    return;
  }
  const sound = soundOf(
    state,
    heardOf(
      state,
      state.runners.all().filter((row) => takesJobs(state, row, at)),
      at,
    ),
    at,
  );
  let rows = sound.map((row) => taking(state, row));
  for (let round = 0; round < MAX_ROUNDS && rows.length > 0; round++) {
    const usage = readUsage(state.jobs.sqlOfActive);
    countGivenBack(state, usage);
    const candidates = rows.map((row) => toCandidate(state, row, usage, at));
    if (!candidates.some(isOpen) && !rows.some(isShared)) {
      state.holds.wanted = null;
      return;
    }
    const heads = withEnds(state, [...state.jobs.lanes.heads()], candidates, at);
    const { pairings, holds } = match(heads, candidates, usage, at.nowMs);
    state.holds.wanted = holds;
    for (const { head, runner } of pairings) {
      offerTo(state, head, runner, at);
    }
    rows = withoutProbed(state, rows, pairings, at);
    if (pairings.length === 0) {
      waitForKeptOff(state, heads, at);
      return;
    }
  }
}

/** The running times are read only for machines that are about to close, and only of heads that have room there. */
function withEnds(state: QueueState, heads: Head[], candidates: Candidate[], { nowMs }: At): Head[] {
  if (!candidates.some(({ closesAtMs }) => closesAtMs !== undefined)) {
    return heads;
  }
  return heads.map((head) => {
    let knownMs: number | null = null;
    const read = () => {
      const job = state.jobs.get(head);
      return job === null ? nowMs : endsByMs(job.terms, nowMs);
    };
    return { ...head, endsByMs: () => (knownMs ??= read()) };
  });
}

/** Who gives room back in this turn still counts as using it: where there is room for one, others come first. */
function countGivenBack({ givenBack }: QueueState, { byWorkspace, served }: Usage): void {
  for (const { workspace, cpu, lane } of givenBack) {
    byWorkspace.set(workspace, (byWorkspace.get(workspace) ?? 0) + cpu);
    served.add(lane);
  }
}

/** Nothing else wakes a queue whose only free runner is one that a job is kept off. */
function waitForKeptOff(state: QueueState, heads: Head[], { nowMs }: At): void {
  for (const { failedStarts } of heads) {
    const endMs = nextKeptOffEndMs(failedStarts, nowMs);
    state.offerAgainMs = endMs === null ? state.offerAgainMs : Math.min(state.offerAgainMs ?? endMs, endMs);
  }
}

function offerTo(state: QueueState, key: { id: string; incarnation: string }, runner: string, at: At): void {
  const job = state.jobs.get(key);
  const plan = state.jobs.plan(key);
  if (job === null || plan === null) {
    return;
  }
  state.take(job, offer(job, runner, plan, at));
  state.holds.offered.add(runner);
  const leaseEndMs = signOf(state, runner, at) + at.times.leaseMs + 1;
  state.silenceCheckMs = Math.min(state.silenceCheckMs ?? leaseEndMs, leaseEndMs);
}

/** Connected, known as a whole, neither drained, closed nor busy. */
function takesJobs(state: QueueState, row: RunnerRow, { nowMs }: At): boolean {
  const { id, session, revoked, complete, capacity } = row;
  if (revoked || !complete || isDrained(row, nowMs) || capacity.closed !== null || state.busy.has(id)) {
    return false;
  }
  return state.lineOf(id)?.badge.hello.session === session;
}

/** Pings that come again on the same socket wake nobody, so their return is looked for while something waits. */
function heardOf(state: QueueState, rows: RunnerRow[], at: At): RunnerRow[] {
  const heard = rows.filter(({ id }) => at.nowMs - signOf(state, id, at) <= offerSilenceMs(at.times));
  if (heard.length < rows.length) {
    state.offerAgainMs = at.nowMs + at.times.leaseMs;
  }
  return heard;
}

type Taking = RunnerRow & { drives: Served; heldFor: string | null };

function taking(state: QueueState, row: RunnerRow): Taking {
  return { ...row, drives: servedBy(row.capacity), heldFor: state.lineOf(row.id)?.badge.heldFor ?? null };
}

/** Its other queues take what comes free there, unless it is asked to keep it: also while it is full. */
function isShared({ usedElsewhere: { cpu, memoryBytes, gpu }, heldElsewhere }: RunnerRow): boolean {
  return heldElsewhere || cpu + memoryBytes + gpu > 0;
}

/** Without those that fail to start jobs, unless it is time to try one again. */
function soundOf(state: QueueState, rows: RunnerRow[], at: At): RunnerRow[] {
  return rows.filter((row) => {
    if (row.trouble === null || mayProbe(state, row, at)) {
      return true;
    }
    if (row.trouble.probeAtMs > at.nowMs) {
      state.offerAgainMs = Math.min(state.offerAgainMs ?? Number.POSITIVE_INFINITY, row.trouble.probeAtMs);
    }
    return false;
  });
}

/** One job was all that they get. */
function withoutProbed(state: QueueState, rows: Taking[], pairings: Pairing[], at: At): Taking[] {
  const probed = rows.filter(({ id, trouble }) => trouble !== null && pairings.some(({ runner }) => runner === id));
  for (const { id } of probed) {
    noteProbe(state, id, at);
  }
  return rows.filter((row) => !probed.includes(row));
}

function toCandidate({ jobs }: QueueState, row: Taking, usage: Usage, { nowMs }: At): Candidate {
  const gpuKinds = gpuRoomOf(jobs.sqlOfActive, row);
  const closes = closesAtMs(row, nowMs);
  const { id, capacity, usedElsewhere, drives, trouble, heldFor, heldElsewhere } = row;
  const here = usage.byRunner.get(id);
  const total = here?.isExclusive ? NO_RESOURCES : subtractResources(capacity.total, usedElsewhere);
  return {
    id,
    total: capacity.total,
    free: here === undefined ? total : subtractResources(total, here.used),
    gpuKind: capacity.gpuKind,
    ...(gpuKinds === undefined ? {} : { gpuKinds }),
    networks: capacity.networks,
    drives,
    ...(closes === Number.POSITIVE_INFINITY ? {} : { closesAtMs: closes }),
    jobs: here?.jobs ?? 0,
    isProbed: trouble !== null,
    isHeldElsewhere: heldElsewhere,
    heldFor,
  };
}
