/** Open enrolment codes on disk, each by its hash alone, with the keys that came by it. */
import type { KeptCode, NewCode } from "./api.ts";

/** Enough to tell codes apart, and far too little to find one. */
const ID_DIGITS = 12;

const COLUMNS = "hash, pattern, categories, cidr, uses, used, expires_at, made_by";
type CodeColumns = {
  hash: string;
  pattern: string;
  categories: string;
  cidr: string | null;
  uses: number;
  used: number;
  expires_at: number;
  made_by: string;
};

export class CodeStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(hash: string, { pattern, categories, cidr, uses, lifeMs, by }: NewCode, nowMs: number): KeptCode {
    const expiresAt = nowMs + lifeMs;
    this.#sql.exec("DELETE FROM code_use WHERE hash IN (SELECT hash FROM open_code WHERE expires_at <= ?)", nowMs);
    this.#sql.exec("DELETE FROM open_code WHERE expires_at <= ?", nowMs);
    this.#sql.exec(
      `INSERT INTO open_code (${COLUMNS}, made_at) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)`,
      ...[hash, pattern, JSON.stringify(categories), cidr && JSON.stringify(cidr), uses, expiresAt, by, nowMs],
    );
    return { id: idOf(hash), pattern, categories, cidr, uses, usesLeft: uses, expiresAt, by };
  }

  /** Also one that was used up: whoever used it may have missed the answer. */
  get(hash: string, nowMs: number): KeptCode | null {
    return this.#codes("hash = ? AND expires_at > ?", hash, nowMs)[0] ?? null;
  }

  /** Those that can be used, the newest first. */
  open(limit: number, nowMs: number): KeptCode[] {
    return this.#codes("used < uses AND expires_at > ? ORDER BY made_at DESC, hash LIMIT ?", nowMs, limit);
  }

  end(id: string, nowMs: number): KeptCode | null {
    const where = `substr(hash, 1, ${ID_DIGITS}) = ?`;
    const [code] = this.#codes(`${where} AND used < uses AND expires_at > ?`, id, nowMs);
    if (code === undefined) {
      return null;
    }
    this.#sql.exec(`DELETE FROM code_use WHERE ${where}`, id);
    this.#sql.exec(`DELETE FROM open_code WHERE ${where}`, id);
    return code;
  }

  /** In the transaction that makes the runner: no crash gives a use more than the code says. */
  use(hash: string, publicKey: string, runner: string): void {
    this.#sql.exec("UPDATE open_code SET used = used + 1 WHERE hash = ?", hash);
    this.#sql.exec(
      "INSERT OR REPLACE INTO code_use (hash, public_key, runner) VALUES (?, ?, ?)",
      ...[hash, publicKey, runner],
    );
  }

  /** The runner that this key became by this code. */
  usedBy(hash: string, publicKey: string): string | null {
    const [row] = this.#sql
      .exec<{ runner: string }>("SELECT runner FROM code_use WHERE hash = ? AND public_key = ?", hash, publicKey)
      .toArray();
    return row?.runner ?? null;
  }

  #codes(where: string, ...bindings: (string | number)[]): KeptCode[] {
    return this.#sql
      .exec<CodeColumns>(`SELECT ${COLUMNS} FROM open_code WHERE ${where}`, ...bindings)
      .toArray()
      .map(({ hash, pattern, categories, cidr, uses, used, expires_at, made_by }) => ({
        id: idOf(hash),
        pattern,
        categories: texts(categories),
        cidr: cidr === null ? null : texts(cidr),
        uses,
        usesLeft: Math.max(0, uses - used),
        expiresAt: expires_at,
        by: made_by,
      }));
  }
}

function idOf(hash: string): string {
  return hash.slice(0, ID_DIGITS);
}

/** Our own words, written by `add`. */
function texts(json: string): string[] {
  return JSON.parse(json) as string[];
}
