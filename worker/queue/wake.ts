/**
 * What wakes the queue by itself. The platform's alarm costs a row each time it is moved, and a job has several things
 * that are to be done at once. So where an alarm stands behind it in any case, what is due in a moment is done by a
 * timer: if the object is lost in that moment, the alarm or the next event finds what was due. An alarm that comes too
 * early does no harm either, and is not moved back.
 */

/** How late what was due may be if the object is lost. */
const BEHIND_MS = 120_000;

export type Waking = {
  nowMs(): number;
  /** Costs a row. */
  setAlarm(atMs: number): void;
  /** Returns how to stop it. */
  timer(ms: number, ring: () => void): () => void;
  /** Keeps the object in memory until then. */
  waitUntil(work: Promise<void>): void;
};

export class Wake {
  /** Further ahead it is the alarm's: a timer keeps the object from hibernating. Tests that run alarms themselves have none. */
  static soonMs = 1_000;

  readonly #platform: Waking;
  readonly #work: (scheduledMs: number | null) => Promise<void>;
  /** As it was set by this life of the object; null: not known. */
  #alarmMs: number | null = null;
  #timer: { atMs: number; stop(): void } | null = null;
  /** One at a time. */
  #last: Promise<void> = Promise.resolve();

  /** `work` never throws. */
  constructor(platform: Waking, work: (scheduledMs: number | null) => Promise<void>) {
    this.#platform = platform;
    this.#work = work;
  }

  set(atMs: number): void {
    const nowMs = this.#platform.nowMs();
    const isBacked = this.#alarmMs !== null && this.#alarmMs <= nowMs + BEHIND_MS;
    if (isBacked && atMs <= nowMs + Wake.soonMs) {
      this.#setTimer(atMs, nowMs);
    } else if (this.#alarmMs === null || atMs < this.#alarmMs) {
      this.#platform.setAlarm(atMs);
      this.#alarmMs = atMs;
    }
  }

  /** The platform's alarm. */
  async came(scheduledMs: number | null): Promise<void> {
    this.#alarmMs = null;
    await this.#run(scheduledMs);
  }

  #setTimer(atMs: number, nowMs: number): void {
    if (this.#timer !== null && this.#timer.atMs <= atMs) {
      return;
    }
    this.#timer?.stop();
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = this.#platform.timer(Math.max(0, atMs - nowMs), () => resolve(this.#run(atMs)));
    const stop = () => {
      end();
      resolve();
    };
    this.#timer = { atMs, stop };
    this.#platform.waitUntil(promise);
  }

  /** Whatever is due is done by it, and what comes then is set when it ends. */
  #run(scheduledMs: number | null): Promise<void> {
    this.#timer?.stop();
    this.#timer = null;
    this.#last = this.#last.then(() => this.#work(scheduledMs));
    return this.#last;
  }
}
