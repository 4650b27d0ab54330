/** When the gateway was last heard, also for a process that was down. */
import { expect, onTestFinished, test } from "vitest";
import { openJournal } from "../../../runner/journal.ts";
import { LastHeard } from "../../../runner/last-heard.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

const at = (uptimeMs: number, bootId = "boot-1") => ({ bootId, uptimeMs, nowMs: uptimeMs });

function aJournal(folder = aStateFolder()) {
  const journal = openJournal(folder, 1);
  onTestFinished(() => journal.close());
  return { folder, journal };
}

test("the newest moment of a category is known, an older one changes nothing", () => {
  const heard = new LastHeard(aJournal().journal);
  expect([heard.moment("a"), heard.uptimeMs("a", "boot-1")]).toEqual([null, null]);
  heard.note("a", at(2_000), true);
  heard.note("a", at(1_000), true);
  heard.note("b", at(5_000), true);
  expect(heard.moment("a")).toEqual(at(2_000));
});

test("the next process knows what was to be kept, and only that", () => {
  const { folder, journal } = aJournal();
  const before = new LastHeard(journal);
  before.note("a", at(2_000), true);
  before.note("a", at(3_000), false);
  journal.close();
  const after = new LastHeard(aJournal(folder).journal);
  expect(before.moment("a")).toEqual(at(3_000));
  expect(after.moment("a")).toEqual(at(2_000));
});

test("uptimes of two boots are not compared: the later word counts, and none of an earlier boot is one of this", () => {
  const heard = new LastHeard(aJournal().journal);
  heard.note("a", at(9_000), true);
  expect(heard.uptimeMs("a", "boot-2")).toBeNull();
  heard.note("a", at(10, "boot-2"), true);
  expect(heard.uptimeMs("a", "boot-2")).toBe(10);
  expect(heard.moment("a")).toEqual(at(10, "boot-2"));
});

test("a moment that cannot be written is an error for who noted it", () => {
  const { journal } = aJournal();
  const heard = new LastHeard(journal);
  journal.close();
  expect(() => heard.note("a", at(1), true)).toThrow();
});
