/** The queue's tables, in the order of their changes. docs/storage.md describes every column. */
import type { QueuePorts } from "./ports.ts";

/** Each entry is one step; a step that was released is never edited. */
const STEPS: string[][] = [
  [
    `CREATE TABLE job (
       id TEXT NOT NULL,
       incarnation TEXT NOT NULL,
       mute INTEGER NOT NULL,
       state TEXT NOT NULL,
       runner TEXT,
       lane TEXT NOT NULL,
       workspace TEXT NOT NULL,
       accepted_at INTEGER NOT NULL,
       later INTEGER,
       deadline INTEGER,
       due INTEGER,
       ended_at INTEGER,
       cpu REAL NOT NULL,
       memory INTEGER NOT NULL,
       gpu INTEGER NOT NULL,
       gpu_kind TEXT,
       plan TEXT,
       tail TEXT,
       record TEXT NOT NULL,
       PRIMARY KEY (id, incarnation)
     ) WITHOUT ROWID`,
    "CREATE INDEX job_queued ON job (lane, accepted_at) WHERE state = 'queued' AND later IS NULL",
    "CREATE INDEX job_active ON job (runner) WHERE runner IS NOT NULL",
    "CREATE INDEX job_due ON job (due) WHERE due IS NOT NULL",
    "CREATE INDEX job_later ON job (later) WHERE later IS NOT NULL",
    // Jobs whose log somebody looks at.
    `CREATE TABLE watch (
       id TEXT NOT NULL,
       incarnation TEXT NOT NULL,
       nonce TEXT NOT NULL,
       PRIMARY KEY (id, incarnation)
     ) WITHOUT ROWID`,
    "CREATE TABLE runner (id TEXT PRIMARY KEY, revoked INTEGER NOT NULL, record TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  ],
  [
    `CREATE TABLE usage (
       id TEXT NOT NULL,
       incarnation TEXT NOT NULL,
       record TEXT NOT NULL,
       PRIMARY KEY (id, incarnation)
     ) WITHOUT ROWID`,
    `CREATE TABLE held (
       kind TEXT NOT NULL,
       id TEXT NOT NULL,
       incarnation TEXT NOT NULL,
       record TEXT NOT NULL,
       PRIMARY KEY (kind, id, incarnation)
     ) WITHOUT ROWID`,
    "CREATE TABLE funds (workspace TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID",
  ],
  // Asked in every turn: from the index alone. A job's row has its whole plan and is slow to read, even for one column,
  // and even for one that the index's own condition settles. What is here never changes while the job is in it.
  [
    "DROP INDEX job_queued",
    `CREATE INDEX job_queued
         ON job (lane, accepted_at, id, incarnation, state, later, workspace, cpu, memory, gpu, gpu_kind)
       WHERE state = 'queued' AND later IS NULL`,
    "DROP INDEX job_active",
    "CREATE INDEX job_active ON job (runner, lane, workspace, cpu, memory, gpu) WHERE runner IS NOT NULL",
  ],
];

export function migrate({ sql, transaction }: Pick<QueuePorts, "sql" | "transaction">): void {
  sql.rows("CREATE TABLE IF NOT EXISTS migration (step INTEGER PRIMARY KEY) WITHOUT ROWID");
  const done = Number(sql.rows("SELECT COUNT(*) AS done FROM migration")[0]?.done ?? 0);
  STEPS.slice(done).forEach((statements, index) => {
    transaction(() => {
      for (const statement of statements) {
        sql.rows(statement);
      }
      sql.rows("INSERT INTO migration (step) VALUES (?)", done + index + 1);
    });
  });
}
