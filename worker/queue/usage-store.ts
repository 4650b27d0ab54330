/** Use that is told or owed, a row for each job that ran, and workspaces without funds, on disk. */
import { type Key, text } from "./columns.ts";
import type { Funds } from "./funds.ts";
import type { Row, Sql } from "./ports.ts";
import type { Used } from "./usage.ts";

export class UsageStore {
  readonly #sql: Sql;
  /** Asked at every create; by workspace, null: to be read. */
  #funds: Map<string, Funds> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get({ id, incarnation }: Key): Used | null {
    return this.#used("SELECT record FROM usage WHERE id = ? AND incarnation = ?", id, incarnation)[0] ?? null;
  }

  /** An earlier job with the same id has told of its use under the plain scope. */
  isIdUsed({ id, incarnation }: Key): boolean {
    return this.#sql.rows("SELECT 1 FROM usage WHERE id = ? AND incarnation <> ? LIMIT 1", id, incarnation).length > 0;
  }

  page(after: Key, limit: number): Used[] {
    return this.#used(
      "SELECT record FROM usage WHERE (id, incarnation) > (?, ?) ORDER BY id, incarnation LIMIT ?",
      after.id,
      after.incarnation,
      limit,
    );
  }

  save(used: Used): void {
    const known = this.get(used);
    if (known === null || JSON.stringify(known) !== JSON.stringify(used)) {
      const { id, incarnation } = used;
      this.#sql.rows(
        "INSERT OR REPLACE INTO usage (id, incarnation, record) VALUES (?, ?, ?)",
        id,
        incarnation,
        JSON.stringify(used),
      );
    }
  }

  remove({ id, incarnation }: Key): void {
    this.#sql.rows("DELETE FROM usage WHERE id = ? AND incarnation = ?", id, incarnation);
  }

  isEmpty(): boolean {
    return this.#sql.rows("SELECT 1 FROM usage UNION ALL SELECT 1 FROM funds LIMIT 1").length === 0;
  }

  fundsOf(workspace: string): Funds | null {
    return this.#knownFunds().get(workspace) ?? null;
  }

  /** Of workspaces that have none left. */
  allFunds(): Funds[] {
    return [...this.#knownFunds().values()];
  }

  saveFunds(funds: Funds): void {
    this.#sql.rows(
      "INSERT OR REPLACE INTO funds (workspace, record) VALUES (?, ?)",
      funds.last.workspace,
      JSON.stringify(funds),
    );
    this.forget();
  }

  removeFunds(workspace: string): void {
    this.#sql.rows("DELETE FROM funds WHERE workspace = ?", workspace);
    this.forget();
  }

  /** After a write, also one that was rolled back, the disk knows better. */
  forget(): void {
    this.#funds = null;
  }

  #knownFunds(): Map<string, Funds> {
    this.#funds ??= new Map(
      this.#sql.rows("SELECT record FROM funds ORDER BY workspace").map((row) => {
        const funds = toFunds(row);
        return [funds.last.workspace, funds];
      }),
    );
    return this.#funds;
  }

  #used(query: string, ...bindings: (string | number)[]): Used[] {
    // Our own words, written by `save`.
    return this.#sql.rows(query, ...bindings).map((row) => JSON.parse(text(row, "record")) as Used);
  }
}

/** Our own words, written by `saveFunds`. */
function toFunds(row: Row): Funds {
  return JSON.parse(text(row, "record")) as Funds;
}
