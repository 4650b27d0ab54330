/**
 * When the gateway was last heard, per category: the sending time of the newest answered ping, on the machine's
 * monotonic clock. On disk while the category's jobs need it, so that a process that was down still knows.
 */
import type { Moment } from "./attempt/record.ts";
import type { Journal } from "./journal.ts";

/** When uptime was that. */
export function momentOf({ bootId, uptimeMs, nowMs }: Moment, thatUptimeMs: number): Moment {
  return { bootId, uptimeMs: thatUptimeMs, nowMs: nowMs - (uptimeMs - thatUptimeMs) };
}

export class LastHeard {
  readonly #journal: Journal;
  readonly #moments: Map<string, Moment>;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.#moments = journal.heard();
  }

  /** Throws when it cannot be written; what is on disk is then older, which stops jobs sooner, never later. */
  note(category: string, at: Moment, keep: boolean): void {
    const known = this.#moments.get(category);
    if (known !== undefined && known.bootId === at.bootId && known.uptimeMs >= at.uptimeMs) {
      return;
    }
    this.#moments.set(category, at);
    if (keep) {
      this.#journal.setHeard(category, at);
    }
  }

  /** Also of an earlier boot. */
  moment(category: string): Moment | null {
    return this.#moments.get(category) ?? null;
  }

  /** Only of this boot. */
  uptimeMs(category: string, bootId: string): number | null {
    const moment = this.#moments.get(category);
    return moment?.bootId === bootId ? moment.uptimeMs : null;
  }
}
