/** A journal that knows whether it takes writes. */
import { expect, test } from "vitest";
import { newAttempt } from "../../../runner/attempt/record.ts";
import { guardJournal } from "../../../runner/guarded-journal.ts";
import type { Journal } from "../../../runner/journal.ts";
import { aPlan, aRef } from "../../support/node-under-test.ts";

const NOW = { bootId: "boot-1", uptimeMs: 1, nowMs: 1 };
const ATTEMPT = newAttempt({ ref: aRef(), category: "a", plan: aPlan(), gpus: [], now: NOW });

const IMAGE = { name: "example.org/app:1", id: "a", usedAtMs: 1 };

function aGuarded() {
  const disk = { isFull: false };
  const calls: string[] = [];
  const write = (what: string) => () => {
    if (disk.isFull) {
      throw new Error("database or disk is full");
    }
    calls.push(what);
  };
  const journal: Journal = {
    ...{ generation: "00112233445566aa", lost: true, rows: () => [], heard: () => new Map([["a", NOW]]) },
    ...{ put: write("put"), remove: write("remove"), setHeard: write("setHeard"), probe: write("probe") },
    ...{ images: () => [IMAGE], putImage: write("putImage"), removeImage: write("removeImage") },
    close: () => calls.push("close"),
  };
  const seen: boolean[] = [];
  const guarded = guardJournal(journal, () => seen.push(guarded.refuses()));
  return { guarded, disk, calls, seen };
}

const WRITES: [string, (journal: Journal) => void][] = [
  ["put", (journal) => journal.put(ATTEMPT, aPlan())],
  ["remove", (journal) => journal.remove(ATTEMPT.ref)],
  ["setHeard", (journal) => journal.setHeard("a", NOW)],
  ["putImage", (journal) => journal.putImage(IMAGE)],
  ["removeImage", (journal) => journal.removeImage(IMAGE.name)],
  ["probe", (journal) => journal.probe()],
];

test.each(WRITES)("a refused %s is its caller's error and closes the node; one that succeeds opens it", (_, write) => {
  const { guarded, disk, seen } = aGuarded();
  write(guarded.journal);
  expect([guarded.refuses(), seen]).toEqual([false, []]);
  disk.isFull = true;
  expect(() => write(guarded.journal)).toThrow("database or disk is full");
  expect(() => write(guarded.journal)).toThrow("database or disk is full");
  expect([guarded.refuses(), seen]).toEqual([true, [true]]);
  disk.isFull = false;
  write(guarded.journal);
  expect([guarded.refuses(), seen]).toEqual([false, [true, false]]);
});

test.each(WRITES)("%s reaches the journal once", (name, write) => {
  const { guarded, calls } = aGuarded();
  write(guarded.journal);
  expect(calls).toEqual([name]);
});

test("reading is passed on and says nothing about writing", () => {
  const { guarded, disk, calls } = aGuarded();
  disk.isFull = true;
  const { journal } = guarded;
  expect([journal.generation, journal.lost, journal.rows()]).toEqual(["00112233445566aa", true, []]);
  expect(journal.heard().get("a")).toEqual(NOW);
  journal.close();
  expect([guarded.refuses(), calls]).toEqual([false, ["close"]]);
});
