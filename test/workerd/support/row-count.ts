/** What is written: rows of all objects, as the platform counts them, and alarms, each of which is a row. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";

export type Written = { rows: number; alarms: number };

/** From now on until the end of the test. */
export async function countRows(): Promise<() => Written> {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  let alarms = 0;
  await runInDurableObject(env.REGISTRY.getByName("row-count"), (_instance, { storage }) => {
    const sql = Object.getPrototypeOf(storage.sql);
    const { exec } = sql;
    vi.spyOn(sql, "exec").mockImplementation(function (this: SqlStorage, ...given: unknown[]) {
      const cursor = exec.apply(this, given);
      cursors.push(cursor);
      return cursor;
    });
    const prototype = Object.getPrototypeOf(storage);
    const { setAlarm } = prototype;
    vi.spyOn(prototype, "setAlarm").mockImplementation(function (this: DurableObjectStorage, ...given: unknown[]) {
      alarms += 1;
      return setAlarm.apply(this, given);
    });
  });
  return () => ({ rows: cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0), alarms });
}
