/** The alarm of a queue: run by the test, never by time. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { advance } from "./clock.ts";
import { queue } from "./queues.ts";

/** When it is to fire next, from now; null: never. */
export async function alarmInMs(category?: string): Promise<number | null> {
  const atMs = await runInDurableObject(queue(category), (_instance, { storage }) => storage.getAlarm());
  return atMs === null ? null : atMs - Date.now();
}

/** Enough time and alarms for a question about the job, the answer's guard, and an update. */
export async function tellUcloud(category?: string): Promise<void> {
  for (let round = 0; round < 3; round++) {
    advance(DEFAULT_TIMES.answeredMs);
    await runDurableObjectAlarm(queue(category));
  }
}
