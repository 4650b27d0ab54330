/**
 * How each queue stands, by its own last word. Queues say it often and seldom have news: a row is written when something
 * is different, or when the alarm that the kept word promised would soon be overdue.
 */
import { promisedMs, type QueueSnapshot, snapshotSchema } from "../queue/snapshot.ts";

/** Below this an alarm is on time. */
const LATE_MS = 30_000;

export class SnapshotStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  keep(category: string, said: QueueSnapshot): void {
    const [row] = this.#rows("SELECT category, record FROM snapshot WHERE category = ?", category);
    const known = row?.snapshot ?? null;
    if (known !== null && newsOf(known) === newsOf(said) && isPromised(known, said)) {
      return;
    }
    const record = JSON.stringify({ ...said, alarmAtMs: promisedMs(said) });
    this.#sql.exec("INSERT OR REPLACE INTO snapshot (category, record) VALUES (?, ?)", category, record);
  }

  all(): { category: string; snapshot: QueueSnapshot }[] {
    return this.#rows("SELECT category, record FROM snapshot ORDER BY category");
  }

  #rows(query: string, ...bindings: string[]): { category: string; snapshot: QueueSnapshot }[] {
    return this.#sql
      .exec<{ category: string; record: string }>(query, ...bindings)
      .toArray()
      .map(({ category, record }) => ({ category, snapshot: snapshotSchema.parse(JSON.parse(record)) }));
  }
}

/** Clocks and sizes go on without news. */
function newsOf({ alarmLateMs, atMs: _at, alarmAtMs: _alarm, databaseBytes: _bytes, ...rest }: QueueSnapshot): string {
  const sorted = Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ ...sorted, isLate: alarmLateMs > LATE_MS });
}

/** What is kept promises another word before the alarm that is set now. */
function isPromised(known: QueueSnapshot, { alarmAtMs }: QueueSnapshot): boolean {
  return known.alarmAtMs === null ? alarmAtMs === null : alarmAtMs !== null && alarmAtMs <= known.alarmAtMs;
}
