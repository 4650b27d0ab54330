/** The newest thousand writes of administrators. */
import type { AuditedWrite } from "./api.ts";

const MAX_WRITES = 1_000;

type Kept = AuditedWrite & { at: number };

export class AuditStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(write: Kept): void {
    const { n } = this.#sql.exec<{ n: number }>("SELECT COALESCE(MAX(n), 0) + 1 AS n FROM audit").one();
    this.#sql.exec("INSERT INTO audit (n, record) VALUES (?, ?)", n, JSON.stringify(write));
    this.#sql.exec("DELETE FROM audit WHERE n <= ?", n - MAX_WRITES);
  }

  newest(limit: number): Kept[] {
    const rows = this.#sql.exec<{ record: string }>("SELECT record FROM audit ORDER BY n DESC LIMIT ?", limit);
    // Our own words, written by `add`.
    return rows.toArray().map(({ record }) => JSON.parse(record) as Kept);
  }
}
