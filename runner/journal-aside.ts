/** A journal that is none any more makes room for a new one; the last few are kept for whoever wants to look. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

export const JOURNAL_FILE = "journal.sqlite";
/** Says that there is a journal, and which: without it one that is missing was never there. */
export const GENERATION_FILE = "generation";
const KEPT_ASIDE = 3;

export function setAside(stateDir: string, nowMs: number): void {
  const aside = `journal-lost-${nowMs}.sqlite`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(join(stateDir, JOURNAL_FILE + suffix))) {
      renameSync(join(stateDir, JOURNAL_FILE + suffix), join(stateDir, aside + suffix));
    }
  }
  const old = readdirSync(stateDir).filter((name) => /^journal-lost-\d+\.sqlite$/.test(name));
  for (const name of old.sort().slice(0, -KEPT_ASIDE)) {
    for (const suffix of ["", "-wal", "-shm"]) {
      rmSync(join(stateDir, name + suffix), { force: true });
    }
  }
}

/** Of a runner that is no more: the next one in this folder misses nothing. */
export function retireJournal(stateDir: string, nowMs: number): void {
  setAside(stateDir, nowMs);
  rmSync(join(stateDir, GENERATION_FILE), { force: true });
}
