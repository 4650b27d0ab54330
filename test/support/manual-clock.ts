/** Time moved by hand: both clocks of a machine and the timers that depend on them. */
import type { Clock } from "../../runner/link.ts";
import type { Timers } from "../../runner/timers.ts";

type Timer = { dueMs: number; wake: () => void };

export class ManualClock implements Clock, Timers {
  #uptimeMs = 1_000_000;
  #nowMs = 1_700_000_000_000;
  #timers: Timer[] = [];

  uptimeMs(): number {
    return this.#uptimeMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, wake: () => void): () => void {
    const timer = { dueMs: this.#uptimeMs + ms, wake };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers run. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Somebody sets the wall clock. */
  setWallClock(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** The machine was off: uptime begins anew, the wall clock went on. */
  reboot(offMs = 60_000): void {
    this.#uptimeMs = 20_000;
    this.#nowMs += offMs;
    this.#timers = [];
  }

  /** Fires what is due on the way, in order, and lets each take its effect. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#uptimeMs + ms;
    await quiet();
    for (;;) {
      const next = this.#timers.filter((timer) => timer.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) {
        break;
      }
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#move(Math.max(next.dueMs, this.#uptimeMs));
      next.wake();
      await quiet();
    }
    this.#move(endMs);
    await quiet();
  }

  #move(toMs: number): void {
    this.#nowMs += toMs - this.#uptimeMs;
    this.#uptimeMs = toMs;
  }
}

/** Lets everything that only waits for the event loop come to rest. */
export async function quiet(turns = 30): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const DEADLINE_MS = 15_000;

/** Waits for real I/O (the journal's folder, the job's folder) until `isSo`; throws after 15 s. */
export async function until(isSo: () => boolean, what = "the condition"): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) {
      throw new Error(`${what} did not come about`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
