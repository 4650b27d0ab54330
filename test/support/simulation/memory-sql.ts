/** The queue's tables in Node's SQLite, in memory: the same statements as in production, without a platform. */
import { DatabaseSync } from "node:sqlite";
import type { Row, Sql } from "../../../worker/queue/ports.ts";

export type MemoryDatabase = { sql: Sql; transaction<T>(work: () => T): T; close(): void };

export function openMemoryDatabase(): MemoryDatabase {
  const database = new DatabaseSync(":memory:");
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const sql: Sql = {
    rows(query, ...bindings) {
      const statement = statements.get(query) ?? database.prepare(query);
      statements.set(query, statement);
      // Columns hold text, numbers or null only.
      return statement.all(...bindings) as Row[];
    },
    databaseSize: () => 0,
  };
  return {
    sql,
    transaction(work) {
      database.exec("BEGIN");
      try {
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    close: () => database.close(),
  };
}
