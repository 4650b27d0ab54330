/**
 * A copy of the state folder that a gateway can start on, taken while another works in it. Each object's database is
 * copied by SQLite: copied as files, what stands in the write-ahead log would be missing, or half of it.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { UsageError } from "../../runner/usage-error.ts";
import { shipped } from "../deploy/site-file.ts";
import { COPY_MARK, OBJECTS_FOLDER } from "./workerd-config.ts";

const DATABASE = ".sqlite";
/** Alarms of queues: one that is put back does nothing before it knows that it was. */
const LEFT_OUT = join(`${shipped().name}-JobQueue`, "metadata.sqlite");
/** A database is copied whole within one read; somebody may be writing. */
const PATIENCE_MS = 10_000;

/** How many databases; all or none of them are there afterwards. @throws UsageError */
export function backUp(stateDir: string, copyDir: string): number {
  const objects = join(stateDir, OBJECTS_FOLDER);
  if (!existsSync(objects)) {
    throw new UsageError(`--state: ${stateDir} is no gateway's state folder`);
  }
  if (existsSync(copyDir)) {
    throw new UsageError(`--to: ${copyDir} exists already`);
  }
  const part = `${copyDir}.part`;
  rmSync(part, { recursive: true, force: true });
  const files = readdirSync(objects, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(DATABASE) && file !== LEFT_OUT)
    // The Registry before the queues, and its alarm before its rows: what a queue was told meanwhile is told again.
    .toSorted()
    .toReversed();
  for (const file of files) {
    const target = join(part, OBJECTS_FOLDER, file);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    copyDatabase(join(objects, file), target);
  }
  mkdirSync(part, { recursive: true, mode: 0o700 });
  writeFileSync(join(part, COPY_MARK), "");
  renameSync(part, copyDir);
  return files.length;
}

function copyDatabase(from: string, to: string): void {
  const database = new DatabaseSync(from, { readOnly: true, timeout: PATIENCE_MS });
  try {
    database.prepare("VACUUM INTO ?").run(to);
  } finally {
    database.close();
  }
}
