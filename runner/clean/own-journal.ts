/** What this state folder's journals know, read beside the process that writes them. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { FetchedImage } from "../journal.ts";
import { JOURNAL_FILE } from "../journal-aside.ts";

/** `attempts`: names of their containers; `images`: names and ids. @throws what SQLite says */
export function readJournal(stateDir: string): { attempts: Set<string>; images: Set<string> } {
  const path = join(stateDir, JOURNAL_FILE);
  if (!existsSync(path)) {
    return { attempts: new Set(), images: new Set() };
  }
  const db = new DatabaseSync(path, { readOnly: true, timeout: 2_000 });
  try {
    const attempts = db.prepare("SELECT name FROM attempts").all();
    const images = imagesIn(db).flatMap(({ name, id }) => [name, id]);
    return { attempts: new Set(attempts.map(({ name }) => String(name))), images: new Set(images) };
  } finally {
    db.close();
  }
}

/** Images that journals know which were set aside, as far as these can be read; the last use of each. */
export function imagesOfLost(stateDir: string): FetchedImage[] {
  const asides = readdirSync(stateDir).filter((name) => /^journal-lost-\d+\.sqlite$/.test(name));
  const known = new Map<string, FetchedImage>();
  for (const image of asides.flatMap((name) => tryImages(join(stateDir, name)))) {
    const before = known.get(image.name);
    known.set(image.name, { ...image, usedAtMs: Math.max(image.usedAtMs, before?.usedAtMs ?? 0) });
  }
  return [...known.values()];
}

function tryImages(path: string): FetchedImage[] {
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      return imagesIn(db);
    } finally {
      db.close();
    }
  } catch {
    // It was set aside because nobody can read it.
    return [];
  }
}

function imagesIn(db: DatabaseSync): FetchedImage[] {
  const rows = db.prepare("SELECT name, id, used_at_ms FROM images").all();
  return rows.map(({ name, id, used_at_ms: at }) => ({ name: String(name), id: String(id), usedAtMs: Number(at) }));
}
