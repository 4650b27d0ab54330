/**
 * The soonest of a column's moments. Every turn asks for it, so it is read once and kept: each write says what a row's
 * moment was and is, and only when the soonest one was changed for a later one is it read again.
 */
export class Soonest {
  readonly #read: () => number | null;
  #knownMs: number | null | undefined;

  constructor(read: () => number | null) {
    this.#read = read;
  }

  /** Null: no row has one. */
  get(): number | null {
    if (this.#knownMs === undefined) {
      this.#knownMs = this.#read();
    }
    return this.#knownMs;
  }

  changed(beforeMs: number | null, afterMs: number | null): void {
    const knownMs = this.#knownMs;
    if (knownMs === undefined || beforeMs === afterMs) {
      return;
    }
    if (afterMs !== null && (knownMs === null || afterMs <= knownMs)) {
      this.#knownMs = afterMs;
    } else if (beforeMs === knownMs) {
      this.forget();
    }
  }

  forget(): void {
    this.#knownMs = undefined;
  }
}
