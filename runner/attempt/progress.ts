/**
 * Pull progress for the user's status line: the latest text wins and at most one leaves every few seconds, because each
 * wakes the queue's object and may become an update at UCloud.
 */
import type { Timers } from "../timers.ts";

const EVERY_MS = 3_000;

export class Progress {
  readonly #timers: Timers;
  readonly #say: (text: string) => void;
  #latest: string | null = null;
  #said: string | null = null;
  #takeBack: (() => void) | null = null;

  constructor(timers: Timers, say: (text: string) => void) {
    this.#timers = timers;
    this.#say = say;
  }

  /** `text` is the runner's own sentence, never a registry's or a program's. */
  offer(text: string): void {
    this.#latest = text;
    if (this.#takeBack === null) {
      this.#flush();
    }
  }

  stop(): void {
    this.#takeBack?.();
    this.#takeBack = null;
    this.#latest = null;
  }

  #flush(): void {
    this.#takeBack = null;
    if (this.#latest === null || this.#latest === this.#said) {
      return;
    }
    this.#said = this.#latest;
    this.#takeBack = this.#timers.after(EVERY_MS, () => this.#flush());
    this.#say(this.#said.slice(0, 400));
  }
}
