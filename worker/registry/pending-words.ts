/** What queues have not confirmed yet about runners: told at once, and again by the Registry's alarm until they have. */
import { doubling } from "../../shared/backoff.ts";
import type { Env } from "../env.ts";
import { queueOf } from "../queue/stub.ts";
import { event } from "../telemetry.ts";
import { standsAlike, tellQueue } from "./queue-word.ts";
import type { RegistryStore } from "./store.ts";

const RETRY_MS = 1_000;
const RETRY_MAX_MS = 60_000;

type Given = { ctx: DurableObjectState; env: Env; store: RegistryStore; nowMs(): number };

export class PendingWords {
  readonly #given: Given;

  constructor(given: Given) {
    this.#given = given;
  }

  /** In the transaction of what is to be told: then it is told even if this object goes from memory before it could. */
  later(runner: string, categories: string[]): void {
    this.#given.store.addPending(runner, categories);
    void this.again();
  }

  async again(inMs: number = RETRY_MAX_MS): Promise<void> {
    const { ctx, nowMs } = this.#given;
    await ctx.storage.setAlarm(nowMs() + inMs);
  }

  /** Says to every queue that has not confirmed how it stands now with the runner. */
  async tell(): Promise<void> {
    const { ctx, env, store } = this.#given;
    for (const { runner, category } of store.pending()) {
      const record = store.runner(runner);
      try {
        await tellQueue(queueOf(env, category), { runner, category }, record);
        if (standsAlike(store.runner(runner), record)) {
          store.confirm(runner, category);
        } else {
          // It changed meanwhile, and the newer word may have arrived before this one.
          store.addPending(runner, [category]);
        }
      } catch (error) {
        event("registry.queue_unreachable", { category, error: error instanceof Error ? error.name : "unknown" });
        store.countTry(runner, category);
      }
    }
    const open = store.pending();
    if (open.length === 0) {
      await ctx.storage.deleteAlarm();
      return;
    }
    await this.again(doubling(Math.min(...open.map(({ tries }) => tries)), RETRY_MS, RETRY_MAX_MS));
  }

  openOf(runnerId: string): string[] {
    const open = this.#given.store.pending().filter(({ runner }) => runner === runnerId);
    return open.map(({ category }) => category);
  }
}
