/** A journal that is none any more makes room for a new one; the last few are kept for whoever wants to look. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

export const JOURNAL_FILE = "journal.sqlite";
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
