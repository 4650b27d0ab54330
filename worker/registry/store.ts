/** Runners on disk, what their queues are still to be told, and the Registry's few settings. */
import type { Standing } from "../queue/api.ts";
import type { RunnerRecord } from "./api.ts";

const CATEGORIES = "categories";

type RunnerColumns = {
  id: string;
  name: string;
  public_key: string;
  categories: string;
  enrolled_at: number;
  revoked_at: number | null;
  revoke_reason: string | null;
  standing: string | null;
  cidr: string | null;
};

export class RegistryStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  runner(id: string): RunnerRecord | null {
    return this.#runners("SELECT * FROM runner WHERE id = ?", id)[0] ?? null;
  }

  runnerNamed(name: string): RunnerRecord | null {
    return this.#runners("SELECT * FROM runner WHERE name = ?", name)[0] ?? null;
  }

  runnerWithKey(publicKey: string): RunnerRecord | null {
    return this.#runners("SELECT * FROM runner WHERE public_key = ?", publicKey)[0] ?? null;
  }

  allRunners(): RunnerRecord[] {
    return this.#runners("SELECT * FROM runner ORDER BY name");
  }

  runnersAfter(id: string, limit: number): RunnerRecord[] {
    return this.#runners("SELECT * FROM runner WHERE id > ? ORDER BY id LIMIT ?", id, limit);
  }

  /** Enrolling replaces the key and lifts a revocation; the id of a name stays. */
  saveRunner(runner: RunnerRecord): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO runner (id, name, public_key, categories, enrolled_at, revoked_at, revoke_reason, standing, cidr)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      runner.id,
      runner.name,
      runner.publicKey,
      JSON.stringify(runner.categories),
      runner.enrolledAt,
      runner.revokedAt,
      runner.revokeReason,
      runner.standing && JSON.stringify(runner.standing),
      runner.cidr && JSON.stringify(runner.cidr),
    );
  }

  removeRunner(id: string): void {
    this.#sql.exec("DELETE FROM runner WHERE id = ?", id);
  }

  /** Each of these queues is to be told how it stands with the runner. */
  addPending(runner: string, categories: string[]): void {
    for (const category of categories) {
      this.#sql.exec("INSERT OR REPLACE INTO pending (runner, category, tries) VALUES (?, ?, 0)", runner, category);
    }
  }

  pending(): { runner: string; category: string; tries: number }[] {
    return this.#sql
      .exec<{ runner: string; category: string; tries: number }>("SELECT runner, category, tries FROM pending")
      .toArray();
  }

  confirm(runner: string, category: string): void {
    this.#sql.exec("DELETE FROM pending WHERE runner = ? AND category = ?", runner, category);
  }

  countTry(runner: string, category: string): void {
    this.#sql.exec("UPDATE pending SET tries = tries + 1 WHERE runner = ? AND category = ?", runner, category);
  }

  /** Every category that a runner was ever enrolled for: its queue may have jobs, whatever is offered now. */
  categories(): string[] {
    const remembered = names(this.setting(CATEGORIES) ?? "[]");
    const held = this.allRunners().flatMap(({ categories }) => categories);
    return [...new Set([...remembered, ...held])].toSorted();
  }

  rememberCategories(more: string[] = []): void {
    this.setSetting(CATEGORIES, JSON.stringify([...new Set([...this.categories(), ...more])]));
  }

  setting(name: string): string | null {
    const [row] = this.#sql.exec<{ value: string }>("SELECT value FROM setting WHERE name = ?", name).toArray();
    return row?.value ?? null;
  }

  setSetting(name: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, value);
  }

  #runners(query: string, ...bindings: (string | number)[]): RunnerRecord[] {
    return this.#sql
      .exec<RunnerColumns>(query, ...bindings)
      .toArray()
      .map((row) => ({
        id: row.id,
        name: row.name,
        publicKey: row.public_key,
        categories: names(row.categories),
        enrolledAt: row.enrolled_at,
        revokedAt: row.revoked_at,
        revokeReason: row.revoke_reason,
        // Our own words, written by `saveRunner`.
        standing: row.standing === null ? null : (JSON.parse(row.standing) as Standing),
        cidr: row.cidr === null ? null : names(row.cidr),
      }));
  }
}

/** Our own words, written by this store. */
function names(json: string): string[] {
  return JSON.parse(json) as string[];
}
