/** What can go wrong at UCloud, for the next so many control calls. */
export type Fault =
  /** Answered with this status, without effect. */
  | { is: "status"; status: number }
  /** Takes effect, and the connection breaks before the answer. */
  | { is: "answer-lost" }
  /** Takes effect, and the answer waits until the faults are cleared. */
  | { is: "answer-held" }
  /** The connection breaks at once. */
  | { is: "down" };

export class Faults {
  #fault: Fault | null = null;
  #left = 0;
  #strike = () => {};
  #clear = () => {};
  #cleared: Promise<void> = Promise.resolve();

  /** Resolves when the fault has hit its first call. */
  set(fault: Fault, times: number = Number.POSITIVE_INFINITY): Promise<void> {
    this.#fault = fault;
    this.#left = times;
    this.#cleared = new Promise((resolve) => {
      this.#clear = resolve;
    });
    return new Promise((resolve) => {
      this.#strike = resolve;
    });
  }

  clear(): void {
    this.#left = 0;
    this.#clear();
  }

  cleared(): Promise<void> {
    return this.#cleared;
  }

  next(): Fault | null {
    if (this.#left <= 0) {
      return null;
    }
    this.#left -= 1;
    this.#strike();
    return this.#fault;
  }
}
