/** The journal: on disk when `put` returns, and lost rather than empty when it is not what was there before. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Attempt, newAttempt } from "../../../runner/attempt/record.ts";
import { openJournal } from "../../../runner/journal.ts";
import { aPlan, aRef } from "../../support/node-under-test.ts";

const now = { bootId: "boot-1", uptimeMs: 1000, nowMs: 2000 };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ucloud-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function anAttempt(job = "1"): Attempt {
  return newAttempt({ ref: aRef({ job }), category: "c", plan: aPlan(), gpus: [], now });
}

test("the first journal of a state folder is fresh, the same one later is whole", () => {
  const first = openJournal(folder, 1);
  first.put(anAttempt(), aPlan());
  first.put({ ...anAttempt(), go: now });
  first.setHeard("c", now);
  first.close();
  const second = openJournal(folder, 2);
  expect([first.lost, second.lost]).toEqual([false, false]);
  expect(second.generation).toBe(first.generation);
  expect(second.rows()).toEqual([{ attempt: { ...anAttempt(), go: now }, plan: aPlan() }]);
  expect(second.heard().get("c")).toEqual(now);
  second.remove(aRef({ job: "1" }));
  expect(second.rows()).toEqual([]);
  second.close();
});

test("the journal holds room for itself, for a disk that fills up", () => {
  openJournal(folder, 1).close();
  const db = new DatabaseSync(join(folder, "journal.sqlite"), { readOnly: true });
  const numberOf = (pragma: string) => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  expect(numberOf("freelist_count") * numberOf("page_size")).toBeGreaterThanOrEqual(2 ** 20);
  db.close();
});

test("a second process sees a row before the first has closed the journal", () => {
  const journal = openJournal(folder, 1);
  journal.put(anAttempt(), aPlan());
  const other = new DatabaseSync(join(folder, "journal.sqlite"), { readOnly: true });
  expect(other.prepare("SELECT count(*) AS n FROM attempts").get()).toEqual({ n: 1 });
  other.close();
  journal.close();
});

test("only the owner may read the journal, which holds users' environments", () => {
  openJournal(folder, 1).close();
  expect(statSync(join(folder, "journal.sqlite")).mode & 0o077).toBe(0);
});

test.each([
  ["is missing", () => rmSync(join(folder, "journal.sqlite"))],
  ["is not a database", () => writeFileSync(join(folder, "journal.sqlite"), "x".repeat(5000))],
  ["is empty", () => writeFileSync(join(folder, "journal.sqlite"), "")],
  ["has a row of another shape", () => spoilRow()],
  ["has no generation beside it", () => rmSync(join(folder, "generation"))],
  ["is another state folder's", () => writeFileSync(join(folder, "generation"), "0000000000000000\n")],
])("a journal that %s is lost and gets a new generation", (_, damage) => {
  const before = openJournal(folder, 1);
  before.put(anAttempt(), aPlan());
  before.close();
  damage();
  const after = openJournal(folder, 2);
  expect(after.lost).toBe(true);
  expect(after.generation).not.toBe(before.generation);
  expect(after.rows()).toEqual([]);
  after.close();
});

function spoilRow(): void {
  const db = new DatabaseSync(join(folder, "journal.sqlite"));
  db.exec("UPDATE attempts SET attempt = '{}'");
  db.close();
}

test("a journal that cannot be opened now is not lost: it is whole when the trouble is over", () => {
  const before = openJournal(folder, 1);
  before.put(anAttempt(), aPlan());
  before.close();
  mkdirSync(join(folder, "journal.sqlite-wal"));
  for (const time of [2, 3, 4, 5, 6]) {
    expect(() => openJournal(folder, time)).toThrow();
  }
  rmdirSync(join(folder, "journal.sqlite-wal"));
  const after = openJournal(folder, 7);
  expect(after.lost).toBe(false);
  expect(after.rows()).toHaveLength(1);
  after.close();
});

test("unreadable journals are set aside, the last three of them", () => {
  for (const time of [1, 2, 3, 4, 5, 6]) {
    writeFileSync(join(folder, "journal.sqlite"), "damaged");
    openJournal(folder, time).close();
  }
  const aside = readdirSync(folder).filter((name) => name.startsWith("journal-lost-"));
  expect(aside.sort()).toEqual(["journal-lost-4.sqlite", "journal-lost-5.sqlite", "journal-lost-6.sqlite"]);
  expect(existsSync(join(folder, "journal.sqlite"))).toBe(true);
});
