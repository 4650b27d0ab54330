/**
 * The regular telling of use: everything that runs, and what has ended, in as few requests as possible. The figures are
 * whole, so whatever was interrupted is simply told again. One bad owner is found by halving and holds back nobody.
 */
import { halfJitter } from "../../shared/backoff.ts";
import type { Bill, Charge, FundsAnswer } from "../ucloud/accounting.ts";
import type { Unanswered } from "../ucloud/control.ts";
import type { Key } from "./columns.ts";
import { type Funds, hearFunds, mayAskAgain } from "./funds.ts";
import type { At } from "./job.ts";
import { isUncompared } from "./restored.ts";
import type { QueueState } from "./state.ts";
import { billOf, chargeOf, countRunning, isCharged, type Used } from "./usage.ts";

const MAX_REQUESTS = 8;
const MAX_ITEMS = 500;
/** UCloud keeps use in memory for a while: a last figure is told again for a day. */
const REPEAT_MS = 86_400_000;
const FIRST: Key = { id: "", incarnation: "" };

/** A tick that needs more requests than one alarm may send goes on in the next; lost with the memory, it begins anew. */
export type UsageRun = {
  after: Key;
  /** Of each workspace a figure by which it may be asked again, and whether all of its reports were good. */
  heard: Map<string, { last: Used; isFunded: boolean }>;
  isThrough: boolean;
};

export async function tellUse(state: QueueState): Promise<void> {
  if (!isDue(state)) {
    return;
  }
  state.usageRun ??= state.turn(() => {
    countRunning(state);
    return { after: FIRST, heard: new Map(), isThrough: false };
  });
  const run = state.usageRun;
  const budget = { left: MAX_REQUESTS };
  while (!run.isThrough && budget.left > 0) {
    const page = state.usage.page(run.after, MAX_ITEMS);
    const failed = page.length === 0 ? await askLocked(state, run, budget) : await tellPage(state, run, page, budget);
    if (failed !== null) {
      state.turn((at) => tryLater(state, failed, at));
      return;
    }
    run.after = page.at(-1) ?? run.after;
    run.isThrough = page.length === 0;
  }
  if (run.isThrough) {
    state.turn((at) => close(state, run, at));
  }
}

function isDue(state: QueueState): boolean {
  const nextMs = nextUsageMs(state);
  return nextMs !== null && nextMs <= state.ports.nowMs();
}

/** When the alarm has to look again; null: nothing was used. */
export function nextUsageMs(state: QueueState): number | null {
  const { usageAtMs, outage } = state.settings.get();
  return usageAtMs === null || isUncompared(state) ? null : Math.max(usageAtMs, outage?.notBeforeMs ?? 0);
}

type Budget = { left: number };

/** Halves stay within the tick, whatever they cost, or one bad owner would keep the rest of its page from ever being told. */
async function tellPage(state: QueueState, run: UsageRun, page: Used[], budget: Budget): Promise<Unanswered | null> {
  const asked = state.ports.accounting.mode === "charges" ? page.filter((used) => !isCharged(used)) : page;
  if (asked.length === 0) {
    return null;
  }
  const sent = state.ports.accounting.mode === "charges" ? beginCharges(state, asked) : asked;
  budget.left -= 1;
  const answer = await send(state, sent);
  if (answer.kind === "rejected") {
    if (sent.length === 1) {
      state.ports.event("usage.refused", { status: answer.status });
      return null;
    }
    const middle = Math.ceil(sent.length / 2);
    return (
      (await tellPage(state, run, sent.slice(0, middle), budget)) ??
      (await tellPage(state, run, sent.slice(middle), budget))
    );
  }
  if (answer.kind !== "ok") {
    return answer;
  }
  state.turn(() => {
    sent.forEach((used, index) => {
      settle(state, used);
      hear(run, used, answer.funded[index] ?? true);
    });
  });
  return null;
}

function send({ ports: { accounting } }: QueueState, used: Used[]): Promise<FundsAnswer> {
  return accounting.mode === "charges"
    ? accounting.charge(used.map(chargeOf).filter((charge): charge is Charge => charge !== null))
    : accounting.reportUsage(used.map(billOf) satisfies Bill[]);
}

/** Stored before it leaves: UCloud counts a charge id once, so its repeat must ask for the same. */
function beginCharges(state: QueueState, asked: Used[]): Used[] {
  return state.turn(() =>
    asked.map((used) => {
      const begun = { ...used, pending: chargeOf(used) };
      state.usage.save(begun);
      return begun;
    }),
  );
}

/** Re-read: the job may have ended meanwhile, and then this report was not its last. */
function settle(state: QueueState, sent: Used): void {
  const row = state.usage.get(sent);
  if (row === null) {
    return;
  }
  const chargedMinutes = row.chargedMinutes + (sent.pending?.periods ?? 0);
  const charged: Used = { ...row, chargedMinutes, pending: null };
  const isLast = sent.endedAtMs !== null && (state.ports.accounting.mode !== "charges" || isCharged(charged));
  state.usage.save({ ...charged, isOwed: row.isOwed && !isLast });
}

function hear(run: UsageRun, last: Used, isFunded: boolean): void {
  const known = run.heard.get(last.workspace);
  run.heard.set(last.workspace, { last, isFunded: isFunded && (known?.isFunded ?? true) });
}

/** Of a workspace without funds nothing may be left to tell, and somebody must ask. */
async function askLocked(state: QueueState, run: UsageRun, budget: Budget): Promise<Unanswered | null> {
  const silent = state.usage.allFunds().filter(({ last }) => !run.heard.has(last.workspace));
  for (const { last } of silent) {
    budget.left -= 1;
    const answer = await ask(state, last);
    if (answer.kind === "ok") {
      hear(run, last, answer.funded[0] ?? true);
    } else if (answer.kind !== "rejected") {
      return answer;
    }
  }
  return null;
}

function ask({ ports: { accounting } }: QueueState, last: Used): Promise<FundsAnswer> {
  const { id, incarnation } = last;
  return accounting.mode === "charges"
    ? accounting.checkCredits([{ id, chargeId: `${id}-${incarnation}`, units: 1, periods: 1 }])
    : accounting.reportUsage([billOf(last)]);
}

/** Before a create of these workspaces is refused; null: there is nothing to ask. Whatever fails leaves things as they are. */
export function askBeforeRefusing(state: QueueState, workspaces: string[]): Promise<void> | null {
  const asked = [...new Set(workspaces)]
    .map((workspace) => state.usage.fundsOf(workspace))
    .filter((funds): funds is Funds => funds !== null && mayAskAgain(funds, state.at()));
  return asked.length === 0 ? null : askFunds(state, asked);
}

async function askFunds(state: QueueState, asked: Funds[]): Promise<void> {
  for (const funds of asked) {
    state.turn(({ nowMs }) => state.usage.saveFunds({ ...funds, askedMs: nowMs }));
    const answer = await ask(state, funds.last);
    if (answer.kind === "ok") {
      state.turn(() => hearFunds(state, funds.last, { isFunded: answer.funded[0] ?? true, isTick: false }));
    }
  }
}

function close(state: QueueState, { heard }: UsageRun, at: At): void {
  state.usageRun = null;
  for (const { last, isFunded } of heard.values()) {
    hearFunds(state, last, { isFunded, isTick: true });
  }
  removeOld(state, at);
  const isOver = state.usage.isEmpty() && state.jobs.runningNow().length === 0;
  const next = isOver ? null : at.nowMs + at.times.usageMs;
  state.settings.set({ usageAtMs: next, usageSinceMs: next === null ? null : at.nowMs });
}

function removeOld(state: QueueState, { nowMs }: At): void {
  for (let page = state.usage.page(FIRST, MAX_ITEMS); page.length > 0; ) {
    for (const used of page) {
      if (!used.isOwed && used.endedAtMs !== null && used.endedAtMs + REPEAT_MS <= nowMs) {
        state.usage.remove(used);
      }
    }
    page = state.usage.page(page.at(-1) ?? FIRST, MAX_ITEMS);
  }
}

function tryLater(state: QueueState, failed: Unanswered, at: At): void {
  state.usageRun = null;
  const status = failed.kind === "unavailable" ? failed.status : null;
  state.ports.event("usage.untold", { answer: failed.kind, status });
  const bound = Math.min(at.times.usageMs, at.times.retryMaxMs);
  state.settings.set({ usageAtMs: at.nowMs + halfJitter(bound, state.ports.random()) });
}
