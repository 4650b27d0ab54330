/** What waits for an administrator, or for UCloud to think otherwise: acts that were held, and jobs of which only one side knows. */
import type { Ref } from "../../shared/ids.ts";
import { text } from "./columns.ts";
import type { Sql } from "./ports.ts";

export type Held = { id: string; incarnation: string; sinceMs: number } & (
  | /** UCloud forgot a job that runs, and too many were ended already, or the queue is too young to judge. */
  { kind: "forgotten"; by: "young" | "rate" } /** UCloud shows a job as open that was never accepted here. */
  | {
      kind: "foreign";
    } /** A runner has a started job that the queue does not know. `isRefused`: UCloud does not have it open in this category. */
  | { kind: "adopt"; ref: Ref; runner: string; isRefused: boolean }
);
export type HeldOf<K extends Held["kind"]> = Extract<Held, { kind: K }>;

export class HeldStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get<K extends Held["kind"]>(kind: K, { id, incarnation }: { id: string; incarnation: string }): HeldOf<K> | null {
    const query = "SELECT record FROM held WHERE kind = ? AND id = ? AND incarnation = ?";
    return this.#all<K>(query, kind, id, incarnation)[0] ?? null;
  }

  of<K extends Held["kind"]>(kind: K, limit = 1_000): HeldOf<K>[] {
    return this.#all<K>("SELECT record FROM held WHERE kind = ? ORDER BY id LIMIT ?", kind, limit);
  }

  all(limit: number): Held[] {
    return this.#all("SELECT record FROM held ORDER BY kind, id LIMIT ?", limit);
  }

  isEmpty(): boolean {
    return this.#sql.rows("SELECT 1 FROM held LIMIT 1").length === 0;
  }

  /** What is held already keeps its moment. */
  hold(held: Held): void {
    const known = this.get(held.kind, held);
    const record = JSON.stringify({ ...held, sinceMs: known?.sinceMs ?? held.sinceMs });
    if (JSON.stringify(known) !== record) {
      this.#sql.rows(
        "INSERT OR REPLACE INTO held (kind, id, incarnation, record) VALUES (?, ?, ?, ?)",
        held.kind,
        held.id,
        held.incarnation,
        record,
      );
    }
  }

  remove(kind: Held["kind"], { id, incarnation }: { id: string; incarnation: string }): void {
    if (this.#sql.rows("SELECT 1 FROM held WHERE kind = ? AND id = ?", kind, id).length > 0) {
      this.#sql.rows("DELETE FROM held WHERE kind = ? AND id = ? AND incarnation = ?", kind, id, incarnation);
    }
  }

  #all<K extends Held["kind"]>(query: string, ...bindings: (string | number)[]): HeldOf<K>[] {
    // Our own words, written by `hold`.
    return this.#sql.rows(query, ...bindings).map((row) => JSON.parse(text(row, "record")) as HeldOf<K>);
  }
}
