/**
 * One wide event for each call that is work: a write, or an upgrade. Polls have none. A path is told by its pattern, so
 * nothing that somebody typed is in it.
 */
import { refusals } from "../isolate.ts";
import { event } from "../telemetry.ts";

/** What a call is about; filled in on its way. */
export type CallFacts = { jobs?: string; items?: number };

const MAX_NAMED = 10;
/** Nobody of ours is behind these answers, and whoever it is can send any number of them. */
const STRANGERS = new Set([401, 404, 429]);
const STRANGERS_EVERY_MS = 60_000;

export function nameJobs(facts: CallFacts, ids: string[]): void {
  facts.items = ids.length;
  facts.jobs = ids.slice(0, MAX_NAMED).join(" ");
}

type Ended = { status: number; errorCode: string | null; startMs: number; nowMs: number; facts: CallFacts };

export function noteCall(request: Request, { status, errorCode, startMs, nowMs, facts }: Ended): void {
  const { method } = request;
  const isUpgrade = request.headers.has("Upgrade");
  if ((method === "GET" || method === "HEAD" || method === "OPTIONS") && !isUpgrade) {
    return;
  }
  const route = "route" in request && typeof request.route === "string" ? request.route : "*";
  // An administrator's write has an event of its own, `admin.write`, with the administrator's name.
  const isAudited = route.startsWith("/admin/") && status !== 401;
  if (isAudited || (STRANGERS.has(status) && !mayTell(status, nowMs))) {
    return;
  }
  event("call", { method, route, status, errorCode, ms: nowMs - startMs, ...facts });
}

function mayTell(status: number, nowMs: number): boolean {
  const lastMs = refusals.get(status) ?? Number.NEGATIVE_INFINITY;
  if (nowMs - lastMs < STRANGERS_EVERY_MS) {
    return false;
  }
  refusals.set(status, nowMs);
  return true;
}
