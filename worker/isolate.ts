/** What one isolate remembers between requests: little, bounded, and never needed for correctness. */

import type { QueueStatus } from "./queue/api.ts";

/** The newest `max` entries. */
export class Recent<V> {
  readonly #entries = new Map<string, V>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#max && oldest !== undefined) {
      this.#entries.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** One UCloud/Core process uses one token for seven minutes. */
const MAX_TOKENS = 32;
const MAX_QUEUES = 200;

/** Tokens whose signature and claims were good: until when (s, UCloud's clock), and the settings' keys that say so. */
export const checkedTokens = new Recent<{ publicKeys: readonly string[]; exp: number }>(MAX_TOKENS);
/** Whether a job would have to wait in a queue, by its last answer. */
export const queueStatuses = new Recent<{ status: QueueStatus; atMs: number }>(MAX_QUEUES);
/** How full the machines are, as UCloud reads it. */
export const utilization: { atMs: number; answer: object | null } = { atMs: 0, answer: null };
/** When UCloud last asked this isolate for something that a good token came with; 0: never. */
export const corePoll = { atMs: 0 };
/** How far UCloud's clock was ahead of ours when this isolate last asked it something; below 0: behind. */
export const coreClock = { aheadMs: 0 };
/** When calls of strangers were last told of in the log, by the status of their answers. */
export const refusals = new Map<number, number>();
export const health: { atMs: number; why: string[] } = { atMs: 0, why: [] };
