/** Why the node takes no new jobs although it could: its own reason, and the word of each queue of the gateway. */
export class Drains {
  /** Ends with the process alone. */
  own: string | null = null;
  readonly #words = new Map<string, string>();

  /** The newest word of one queue; null: it gives jobs. */
  hear(category: string, reason: string | null): void {
    if (reason === null) {
      this.#words.delete(category);
    } else {
      this.#words.set(category, reason);
    }
  }

  reason(): string | null {
    const [word = null] = this.#words.values();
    return this.own ?? word;
  }
}
