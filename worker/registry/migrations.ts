/** The Registry's tables. docs/storage.md describes them. */

const STEPS: string[][] = [
  [
    `CREATE TABLE code (
       hash TEXT PRIMARY KEY,
       name TEXT NOT NULL,
       categories TEXT NOT NULL,
       expires_at INTEGER NOT NULL
     ) WITHOUT ROWID`,
    `CREATE TABLE runner (
       id TEXT PRIMARY KEY,
       name TEXT NOT NULL UNIQUE,
       public_key TEXT NOT NULL,
       categories TEXT NOT NULL,
       enrolled_at INTEGER NOT NULL,
       revoked_at INTEGER,
       revoke_reason TEXT
     ) WITHOUT ROWID`,
    // Words to queues that have not confirmed them: a revocation, or its end.
    `CREATE TABLE pending (
       runner TEXT NOT NULL,
       category TEXT NOT NULL,
       tries INTEGER NOT NULL,
       PRIMARY KEY (runner, category)
     ) WITHOUT ROWID`,
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  ],
  ["ALTER TABLE runner ADD COLUMN standing TEXT", "CREATE TABLE audit (n INTEGER PRIMARY KEY, record TEXT NOT NULL)"],
  // How each queue stood when it last said so.
  ["CREATE TABLE snapshot (category TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID"],
  ["ALTER TABLE code ADD COLUMN cidr TEXT", "ALTER TABLE runner ADD COLUMN cidr TEXT"],
  [
    // Instead of `code`, which a gateway from before reads: it would take a pattern for a name.
    `CREATE TABLE open_code (
       hash TEXT PRIMARY KEY,
       pattern TEXT NOT NULL,
       categories TEXT NOT NULL,
       cidr TEXT,
       uses INTEGER NOT NULL,
       used INTEGER NOT NULL,
       made_at INTEGER NOT NULL,
       expires_at INTEGER NOT NULL,
       made_by TEXT NOT NULL
     ) WITHOUT ROWID`,
    `CREATE TABLE code_use (
       hash TEXT NOT NULL,
       public_key TEXT NOT NULL,
       runner TEXT NOT NULL,
       PRIMARY KEY (hash, public_key)
     ) WITHOUT ROWID`,
    "CREATE INDEX runner_key ON runner (public_key)",
  ],
];

export function migrateRegistry(storage: DurableObjectStorage): void {
  const { sql } = storage;
  sql.exec("CREATE TABLE IF NOT EXISTS migration (step INTEGER PRIMARY KEY) WITHOUT ROWID");
  const done = sql.exec<{ done: number }>("SELECT COUNT(*) AS done FROM migration").one().done;
  STEPS.slice(done).forEach((statements, index) => {
    storage.transactionSync(() => {
      for (const statement of statements) {
        sql.exec(statement);
      }
      sql.exec("INSERT INTO migration (step) VALUES (?)", done + index + 1);
    });
  });
}
