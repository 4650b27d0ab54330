/**
 * The runner's journal: which attempts this node took, and what it owes the gateway. SQLite with `synchronous=FULL`:
 * when `put` returns, the row is on disk, so the grant is there before start is called.
 *
 * A journal that is missing, new or unreadable is *lost*, never *empty*: its generation stands in the state folder and
 * in the labels of every container as well, and a container of another generation is judged without a journal.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Ref, refName } from "../shared/ids.ts";
import { type JobPlan, planSchema } from "../shared/plan.ts";
import { type Attempt, attemptSchema, type Moment } from "./attempt/record.ts";
import { GENERATION_FILE, JOURNAL_FILE, setAside } from "./journal-aside.ts";
import { readStateFile, writeStateFile } from "./state-file.ts";

/** The ends of hundreds of jobs at a time. */
const ROOM_BYTES = 2 ** 20;
/** SQLite's PERM, BUSY, NOMEM, READONLY, IOERR, FULL and CANTOPEN. */
const PASSING_ERRORS = [3, 5, 7, 8, 10, 13, 14];
const IOERR_READ = 266;
const IOERR_SHORT_READ = 522;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS attempts (
    name TEXT PRIMARY KEY, category TEXT NOT NULL, attempt TEXT NOT NULL, plan TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS heard (
    category TEXT PRIMARY KEY, boot TEXT NOT NULL, uptime_ms REAL NOT NULL, now_ms REAL NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS images (name TEXT PRIMARY KEY, id TEXT NOT NULL, used_at_ms REAL NOT NULL) STRICT;`;

/** An image that this runner fetched, and when a job last used it. */
export type FetchedImage = { name: string; id: string; usedAtMs: number };

export type JournalRow = { attempt: Attempt; plan: JobPlan | null };

export interface Journal {
  readonly generation: string;
  /** True where a journal should have been and was not, or could not be read. */
  readonly lost: boolean;
  rows(): JournalRow[];
  /** Throws when it could not be written; then nothing of it holds. The plan is written once, at acceptance. */
  put(attempt: Attempt, plan?: JobPlan): void;
  remove(ref: Ref): void;
  heard(): Map<string, Moment>;
  setHeard(category: string, at: Moment): void;
  images(): FetchedImage[];
  putImage(image: FetchedImage): void;
  removeImage(name: string): void;
  /** Throws when nothing can be written now. */
  probe(): void;
  close(): void;
}

export function openJournal(stateDir: string, nowMs: number): Journal {
  const path = join(stateDir, JOURNAL_FILE);
  const generationPath = join(stateDir, GENERATION_FILE);
  const expected = readStateFile(generationPath);
  const whole = existsSync(path) ? tryOpen(path) : null;
  if (whole !== null && expected !== null && generationOf(whole) === expected) {
    return new SqliteJournal(whole, expected, false);
  }
  whole?.close();
  const lost = expected !== null || existsSync(path);
  setAside(stateDir, nowMs);
  const generation = randomBytes(8).toString("hex");
  const db = openDatabase(path);
  db.prepare("INSERT INTO meta (key, value) VALUES ('generation', ?)").run(generation);
  writeStateFile(generationPath, generation);
  return new SqliteJournal(db, generation, lost);
}

class SqliteJournal implements Journal {
  readonly generation: string;
  readonly lost: boolean;
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync, generation: string, lost: boolean) {
    this.#db = db;
    this.generation = generation;
    this.lost = lost;
  }

  rows(): JournalRow[] {
    return readRows(this.#db);
  }

  put(attempt: Attempt, plan?: JobPlan): void {
    this.#db
      .prepare(
        `INSERT INTO attempts (name, category, attempt, plan) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET attempt = excluded.attempt`,
      )
      .run(
        refName(attempt.ref),
        attempt.category,
        JSON.stringify(attempt),
        plan === undefined ? null : JSON.stringify(plan),
      );
  }

  remove(ref: Ref): void {
    this.#db.prepare("DELETE FROM attempts WHERE name = ?").run(refName(ref));
  }

  heard(): Map<string, Moment> {
    const rows = this.#db.prepare("SELECT category, boot, uptime_ms, now_ms FROM heard").all();
    return new Map(
      rows.map((row) => [
        String(row.category),
        { bootId: String(row.boot), uptimeMs: Number(row.uptime_ms), nowMs: Number(row.now_ms) },
      ]),
    );
  }

  setHeard(category: string, at: Moment): void {
    this.#db
      .prepare(
        `INSERT INTO heard (category, boot, uptime_ms, now_ms) VALUES (?, ?, ?, ?)
         ON CONFLICT (category) DO UPDATE SET boot = excluded.boot, uptime_ms = excluded.uptime_ms,
           now_ms = excluded.now_ms`,
      )
      .run(category, at.bootId, at.uptimeMs, at.nowMs);
  }

  images(): FetchedImage[] {
    const rows = this.#db.prepare("SELECT name, id, used_at_ms FROM images ORDER BY used_at_ms").all();
    return rows.map((row) => ({ name: String(row.name), id: String(row.id), usedAtMs: Number(row.used_at_ms) }));
  }

  putImage({ name, id, usedAtMs }: FetchedImage): void {
    this.#db
      .prepare(
        `INSERT INTO images (name, id, used_at_ms) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET id = excluded.id, used_at_ms = excluded.used_at_ms`,
      )
      .run(name, id, usedAtMs);
  }

  removeImage(name: string): void {
    this.#db.prepare("DELETE FROM images WHERE name = ?").run(name);
  }

  probe(): void {
    this.#db
      .prepare(
        `INSERT INTO meta (key, value) VALUES ('probe', '1')
         ON CONFLICT (key) DO UPDATE SET value = CASE value WHEN '1' THEN '2' ELSE '1' END`,
      )
      .run();
  }

  close(): void {
    if (this.#db.isOpen) {
      this.#db.close();
    }
  }
}

function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    // Plans hold environment variables of users.
    chmodSync(path, 0o600);
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000; ${SCHEMA}`);
    keepRoom(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Room that the journal holds for itself, in the database as free pages and in its log, which is begun anew long before
 * it is used up: on a full disk the time of a job still ends, and its end is still written down.
 */
function keepRoom(db: DatabaseSync): void {
  try {
    db.exec(`PRAGMA wal_autocheckpoint = 64;
      CREATE TABLE IF NOT EXISTS room (bytes BLOB) STRICT; INSERT INTO room VALUES (zeroblob(${ROOM_BYTES}));
      PRAGMA wal_checkpoint; DELETE FROM room; PRAGMA wal_checkpoint;`);
  } catch (error) {
    // With too little left the journal works as long as it can.
    if (!isPassing(error)) {
      throw error;
    }
  }
}

/** null: not a database, damaged, or rows that this program does not understand. Throws what says nothing about it. */
function tryOpen(path: string): DatabaseSync | null {
  let db: DatabaseSync | null = null;
  try {
    db = openDatabase(path);
    const check = db.prepare("PRAGMA quick_check(1)").get();
    readRows(db);
    if (check?.quick_check === "ok") {
      return db;
    }
  } catch (error) {
    if (isPassing(error)) {
      db?.close();
      throw error;
    }
    // Whatever it is, it is not a journal any more; the caller sets it aside.
  }
  db?.close();
  return null;
}

/** No room, no rights, no memory, another process: a whole journal may be behind it. Failed reads are not among them. */
function isPassing(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) : 0;
  const failedRead = code === IOERR_READ || code === IOERR_SHORT_READ;
  return PASSING_ERRORS.includes(code & 0xff) && !failedRead;
}

function generationOf(db: DatabaseSync): string | null {
  const row = db.prepare("SELECT value FROM meta WHERE key = 'generation'").get();
  return row === undefined ? null : String(row.value);
}

function readRows(db: DatabaseSync): JournalRow[] {
  const rows = db.prepare("SELECT attempt, plan FROM attempts ORDER BY rowid").all();
  return rows.map((row) => {
    const plan = row.plan;
    return {
      attempt: attemptSchema.parse(JSON.parse(String(row.attempt))),
      plan: plan === null ? null : planSchema.parse(JSON.parse(String(plan))),
    };
  });
}
