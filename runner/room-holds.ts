/**
 * Room that is kept for a large job. Each of a runner's queues sees only its own jobs, so without this small jobs of one
 * would take whatever comes free for a large one of another. The machine drains for one queue at a time, in the order in
 * which they asked: held for two at once it would stand idle for both.
 */
import type { Resources } from "../shared/plan.ts";
import type { Timers } from "./timers.ts";

/** What most jobs last at most: a machine that has not drained by then is the next queue's, if one waits. */
export const HOLD_MS = 24 * 3_600_000;

/** `gpuKind`: of the devices in it. */
export type Hold = { category: string; need: Resources; gpuKind?: string | null };

export class RoomHolds {
  /** The first has it, the others wait for it. */
  #asked: Hold[] = [];
  #takeBack = () => {};
  readonly #timers: Timers;
  readonly #changed: () => void;

  constructor(timers: Timers, changed: () => void) {
    this.#timers = timers;
    this.#changed = changed;
  }

  get granted(): Hold | null {
    return this.#asked[0] ?? null;
  }

  /** Whoever asks again for another job keeps its place. */
  ask(category: string, need: Resources | null, gpuKind: string | null = null): void {
    if (need === null) {
      this.end(category);
      return;
    }
    const isKnown = this.#asked.some((hold) => hold.category === category);
    const asked = this.#asked.map((hold) => (hold.category === category ? { category, need, gpuKind } : hold));
    this.#become(isKnown ? asked : [...asked, { category, need, gpuKind }]);
  }

  /** It was offered a job, wants none any more, or its line is gone. */
  end(category: string): void {
    this.#become(this.#asked.filter((hold) => hold.category !== category));
  }

  close(): void {
    this.#takeBack();
  }

  #become(asked: Hold[]): void {
    const before = this.granted?.category;
    this.#asked = asked;
    if (this.granted?.category !== before) {
      this.#begin();
    }
    this.#changed();
  }

  #begin(): void {
    this.#takeBack();
    this.#takeBack = this.granted === null ? () => {} : this.#timers.after(HOLD_MS, () => this.#passOn());
  }

  #passOn(): void {
    const [first, ...others] = this.#asked;
    this.#asked = first === undefined ? [] : [...others, first];
    this.#begin();
    this.#changed();
  }
}
