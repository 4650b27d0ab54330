/** Tells queues whose creates were answered: one call for all of the last 50 ms, because each wakes an object. */
import type { Env } from "../env.ts";
import type { JobIdentity } from "../queue/api.ts";
import { queueOf } from "../queue/stub.ts";

const GATHER_MS = 50;
/** Older than this it belongs to a request that the platform has ended, and will never be told. */
const DEAD_MS = 1_000;

/**
 * Per isolate; an entry lives for `GATHER_MS`. Only data crosses from one request to another, never a promise: that one
 * belongs to the request that made it. A word that is lost costs its job a question to UCloud.
 */
const gathering = new Map<string, { sinceMs: number; jobs: JobIdentity[] }>();

export async function tellAnswered(env: Env, byCategory: Map<string, JobIdentity[]>): Promise<void> {
  const nowMs = Date.now();
  const mine = [...byCategory].filter(([category, jobs]) => !joinOthers(category, jobs, nowMs));
  for (const [category, jobs] of mine) {
    gathering.set(category, { sinceMs: nowMs, jobs: [...jobs] });
  }
  if (mine.length === 0) {
    return;
  }
  await new Promise<void>((resolve) => setTimeout(resolve, GATHER_MS));
  await Promise.allSettled(
    mine.map(([category]) => {
      const jobs = gathering.get(category)?.jobs ?? [];
      gathering.delete(category);
      return queueOf(env, category).answered(jobs);
    }),
  );
}

function joinOthers(category: string, jobs: JobIdentity[], nowMs: number): boolean {
  const others = gathering.get(category);
  if (others === undefined || nowMs - others.sinceMs > DEAD_MS) {
    return false;
  }
  others.jobs.push(...jobs);
  return true;
}
