/** Cloudflare's SQLite as the queue's. */
import type { Row, Sql } from "./ports.ts";

export function storageSql(sql: SqlStorage): Sql {
  return {
    // The tables hold no blobs, so every value is text, a number or null.
    rows: (query, ...bindings) => sql.exec<Row>(query, ...bindings).toArray(),
    databaseSize: () => sql.databaseSize,
  };
}
