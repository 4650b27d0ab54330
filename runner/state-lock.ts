/**
 * One process per state folder. The lock is SQLite's on a file of its own: the kernel lets go of it when the process is
 * gone, however it went.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export const LOCK_FILE = "lock.db";

export class StateFolderInUse extends Error {
  override name = "StateFolderInUse";
}

/** Held until the process ends. @throws StateFolderInUse */
export function lockStateFolder(stateDir: string): { release(): void } {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(stateDir, LOCK_FILE), { timeout: 0 });
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    db.exec("BEGIN EXCLUSIVE");
  } catch {
    db.close();
    throw new StateFolderInUse(`another runner works in ${stateDir}`);
  }
  return { release: () => db.close() };
}
