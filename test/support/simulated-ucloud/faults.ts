/** What can go wrong at UCloud, for the next so many control calls. */
export type Fault =
  /** Answered with this status, without effect. */
  | { is: "status"; status: number }
  /** Takes effect, and the connection breaks before the answer. */
  | { is: "answer-lost" }
  /** The connection breaks at once. */
  | { is: "down" };

export class Faults {
  #fault: Fault | null = null;
  #left = 0;

  set(fault: Fault, times: number = Number.POSITIVE_INFINITY): void {
    this.#fault = fault;
    this.#left = times;
  }

  clear(): void {
    this.#left = 0;
  }

  next(): Fault | null {
    if (this.#left <= 0) {
      return null;
    }
    this.#left -= 1;
    return this.#fault;
  }
}
