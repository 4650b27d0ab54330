/** Whether a runner works: then only an administrator's word on this one machine gives its name another key. */
import { type Env, settingsOf } from "../env.ts";
import { queueOf } from "../queue/stub.ts";
import type { RunnerRecord } from "./api.ts";

/** It is connected or has jobs, and was heard within the lease: the line of a machine that was switched off stays open. */
export async function isAtWork(env: Env, { id, categories }: RunnerRecord): Promise<boolean> {
  const { leaseMs } = settingsOf(env).times;
  const seen = await Promise.all(categories.map((category) => queueOf(env, category).runners()));
  return seen.flat().some((one) => {
    const isBusy = one.connected || one.jobs.length > 0;
    return one.id === id && isBusy && one.silentForMs !== null && one.silentForMs <= leaseMs;
  });
}
