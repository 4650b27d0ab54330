/** Offers: at the end of every turn, what waits is given to who has room. */
import { subtractResources } from "../../shared/plan.ts";
import { offerSilenceMs } from "../../shared/times.ts";
import type { At } from "./job.ts";
import { readHeads, readUsage } from "./lanes.ts";
import { type Candidate, match } from "./match.ts";
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
  if (state.jobs.waiting(1) === 0) {
    return;
  }
  const rows = openRunners(state, at);
  for (let round = 0; round < MAX_ROUNDS && rows.length > 0; round++) {
    const usage = readUsage(state.ports.sql);
    const candidates = rows.map((row) => toCandidate(row, usage));
    if (!candidates.some(({ free }) => free.cpu > 0 && free.memoryBytes > 0)) {
      return;
    }
    const pairings = match(readHeads(state.ports.sql), candidates, usage.byWorkspace, at.nowMs);
    for (const { head, runner } of pairings) {
      offerTo(state, head, runner, at);
    }
    if (pairings.length === 0) {
      return;
    }
  }
}

function offerTo(state: QueueState, key: { id: string; incarnation: string }, runner: string, at: At): void {
  const job = state.jobs.get(key);
  const plan = state.jobs.plan(key);
  if (job === null || plan === null) {
    return;
  }
  state.take(job, offer(job, runner, plan, at));
  const leaseEndMs = signOf(state, runner, at) + at.times.leaseMs + 1;
  state.silenceCheckMs = Math.min(state.silenceCheckMs ?? leaseEndMs, leaseEndMs);
}

/** Connected, known as a whole, neither closed nor busy, and heard of lately. */
function openRunners(state: QueueState, at: At): RunnerRow[] {
  return state.runners.all().filter((row) => {
    if (row.revoked || !row.complete || row.capacity.closed !== null || state.busy.has(row.id)) {
      return false;
    }
    if (state.lineOf(row.id)?.badge.hello.session !== row.session) {
      return false;
    }
    return at.nowMs - signOf(state, row.id, at) <= offerSilenceMs(at.times);
  });
}

function toCandidate({ id, capacity, usedElsewhere }: RunnerRow, usage: ReturnType<typeof readUsage>): Candidate {
  const here = usage.byRunner.get(id);
  const total = subtractResources(capacity.total, usedElsewhere);
  return {
    id,
    total: capacity.total,
    free: here === undefined ? total : subtractResources(total, here.used),
    gpuKind: capacity.gpuKind,
    jobs: here?.jobs ?? 0,
  };
}
