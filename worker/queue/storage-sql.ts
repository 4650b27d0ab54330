/** Cloudflare's SQLite as the queue's. */
import type { Used } from "./day-meter.ts";
import type { Row, Sql } from "./ports.ts";

/** `used` counts what the platform counts. */
export function storageSql(sql: SqlStorage, used: Used): Sql {
  return {
    // The tables hold no blobs, so every value is text, a number or null.
    rows: (query, ...bindings) => {
      const cursor = sql.exec<Row>(query, ...bindings);
      const rows = cursor.toArray();
      used.rowsRead += cursor.rowsRead;
      used.rowsWritten += cursor.rowsWritten;
      return rows;
    },
    databaseSize: () => sql.databaseSize,
  };
}
