/** What a queue tells the relay of a watched job. */
import type { Env } from "../env.ts";
import { event } from "../telemetry.ts";
import type { JobKey, WatchedState } from "./api.ts";
import { relayOf } from "./stub.ts";

type Word = { key: JobKey; seen: WatchedState; isRunnerBack: boolean };

/** A word that is lost costs time only: the relay asks by itself as long as somebody looks. */
export async function tellRelay(env: Env, category: string, { key, seen, isRunnerBack }: Word): Promise<void> {
  try {
    await relayOf(env, category, key).changed(seen, isRunnerBack);
  } catch (error) {
    event("relay.unreachable", { job: key.id, error: error instanceof Error ? error.name : "unknown" });
  }
}
