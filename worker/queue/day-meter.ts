/**
 * What the queue uses of the platform on a day (UTC), counted in memory. It is written with a row that is written anyway,
 * and in a row of its own only every few hundred rows: what is not written yet when the object leaves memory is lost.
 */
import type { DayUse } from "./api.ts";

/** Since the object is in memory. */
export type Used = Omit<DayUse, "date">;

export const NOTHING_USED: Used = { requests: 0, frames: 0, rowsRead: 0, rowsWritten: 0 };
/** One row more in 500, and so many are lost at most with the memory. */
const MAX_UNSAVED_ROWS = 500;

export class DayMeter {
  readonly #ports: { used(): Used; nowMs(): number };
  /** What the day had when counting began; less than nothing where that was before the day. */
  #before: DayUse | null = null;
  #savedRows = 0;

  constructor(ports: { used(): Used; nowMs(): number }) {
    this.#ports = ports;
  }

  /** `stored`: as it was last written, by whichever life of the object; looked at once. */
  today(stored: DayUse | null): DayUse {
    const used = this.#ports.used();
    const date = new Date(this.#ports.nowMs()).toISOString().slice(0, 10);
    if (this.#before === null) {
      this.#before = stored?.date === date ? stored : { date, ...NOTHING_USED };
    } else if (this.#before.date !== date) {
      this.#before = { date, ...add(NOTHING_USED, used, -1) };
    }
    return { date, ...add(this.#before, used, 1) };
  }

  isOwed(): boolean {
    return this.#ports.used().rowsWritten - this.#savedRows >= MAX_UNSAVED_ROWS;
  }

  saved(): void {
    this.#savedRows = this.#ports.used().rowsWritten;
  }
}

function add(to: Used, used: Used, sign: 1 | -1): Used {
  return {
    requests: to.requests + sign * used.requests,
    frames: to.frames + sign * used.frames,
    rowsRead: to.rowsRead + sign * used.rowsRead,
    rowsWritten: to.rowsWritten + sign * used.rowsWritten,
  };
}
