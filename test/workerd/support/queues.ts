/** What lies in the queues' tables, whatever the admin API shows of it. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { evict } from "./evictions.ts";

export const CATEGORIES = ["example-compute", "other-compute"];

export type StoredJob = { id: string; incarnation: string; state: string; mute: boolean; plan: string | null };

export function queue(category = "example-compute") {
  return env.JOB_QUEUE.getByName(category);
}

export function storedJobs(category = "example-compute"): Promise<StoredJob[]> {
  return runInDurableObject(queue(category), (_instance, { storage }) =>
    storage.sql
      .exec<{ id: string; incarnation: string; state: string; mute: number; plan: string | null }>(
        "SELECT id, incarnation, state, mute, plan FROM job ORDER BY id, accepted_at",
      )
      .toArray()
      .map((row) => ({ ...row, mute: row.mute === 1 })),
  );
}

/** The jobs of all queues. */
export async function allStoredJobs(): Promise<StoredJob[]> {
  return (await Promise.all(CATEGORIES.map(storedJobs))).flat();
}

/** As a queue stands whose refresh token UCloud refuses since then. */
export async function refuseRefreshSince(sinceMs: number, category?: string): Promise<void> {
  await runInDurableObject(queue(category), (_instance, { storage }) => {
    const settings = JSON.stringify({ refreshRefusedSinceMs: sinceMs });
    storage.sql.exec("INSERT OR REPLACE INTO setting (name, value) VALUES ('queue', ?)", settings);
  });
  // It remembers its settings while it is in memory.
  await evict(queue(category));
}
