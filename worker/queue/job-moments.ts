/** When something is to be done about a job without anybody's asking: told of every write to one. */
import { laterOf } from "./columns.ts";
import type { Job } from "./job.ts";
import type { Sql } from "./ports.ts";
import { Soonest } from "./soonest.ts";

export class JobMoments {
  /** UCloud is to be told something. */
  readonly #due: Soonest;
  /** Held too long, or its pause is over. */
  readonly #later: Soonest;
  /** Its offer lapses. Answered ones count until the alarm: a moment too early is only looked at in vain. */
  readonly #deadline: Soonest;

  constructor({ sql, sqlOfActive }: { sql: Sql; sqlOfActive: Sql }) {
    const soonest = (sql: Sql, column: string, indexed = column) =>
      new Soonest(() => {
        const row = sql.rows(`SELECT MIN(${column}) AS soonest FROM job WHERE ${indexed} IS NOT NULL`)[0];
        return typeof row?.soonest === "number" ? row.soonest : null;
      });
    this.#due = soonest(sql, "due");
    this.#later = soonest(sql, "later");
    this.#deadline = soonest(sqlOfActive, "deadline", "runner");
  }

  changed(before: Job | null, after: Job | null): void {
    this.#due.changed(before?.telling.dueMs ?? null, after?.telling.dueMs ?? null);
    this.#later.changed(before && laterOf(before), after && laterOf(after));
    if (after?.place.state === "offered") {
      this.#deadline.changed(null, after.place.untilMs);
    }
  }

  /** Null: nothing is offered. */
  deadlineMs(): number | null {
    return this.#deadline.get();
  }

  /** When UCloud is to be told something next, and when something else is to be done. */
  next(): { dueMs: number | null; otherMs: number | null } {
    const others = [this.#later.get(), this.#deadline.get()].filter((value) => value !== null);
    return { dueMs: this.#due.get(), otherMs: others.length === 0 ? null : Math.min(...others) };
  }

  /** Offers that were answered meanwhile are to count no more. */
  forgetDeadline(): void {
    this.#deadline.forget();
  }

  forget(): void {
    this.#due.forget();
    this.#later.forget();
    this.forgetDeadline();
  }
}
