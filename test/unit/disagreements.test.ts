/** docs/disagreements.md: every question of the two comparisons is decided, and each test that it names is there. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const PROJECT = new URL("../..", import.meta.url);
const TEXT = readFileSync(new URL("docs/disagreements.md", PROJECT), "utf8");
/** How many questions each comparison has. */
const OF_2021 = 14;
const OF_BOTH = 33;

function rowsBelow(heading: string): string[][] {
  const [, part = ""] = TEXT.split(`## ${heading}\n`);
  const lines = part.split("\n## ")[0]?.split("\n") ?? [];
  const rows = lines.filter((line) => line.startsWith("|")).slice(2);
  return rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("every question is there", () => {
  const numbers = rowsBelow("Documents against code, 2021/22").map(([number]) => Number(number));
  expect([...new Set(numbers)]).toEqual(Array.from({ length: OF_2021 }, (_, index) => index + 1));
  const questions = rowsBelow("2021/22 against today").map(([question]) => question);
  expect(new Set(questions).size).toBe(OF_BOTH);
});

const decisions = [
  ...rowsBelow("Documents against code, 2021/22").map(([, ...row]) => row),
  ...rowsBelow("2021/22 against today"),
  ...rowsBelow("What neither settles"),
];

test.each(decisions)("%s", (_question, decided = "", heldBy = "") => {
  expect(decided).not.toBe("");
  const tests = heldBy.split("<br>").map((text) => /^`([^`]+)`: (.+)$/.exec(text));
  for (const [, file = "no file", name = "no name"] of tests.map((found) => found ?? [])) {
    expect(readFileSync(new URL(`test/${file}.test.ts`, PROJECT), "utf8")).toContain(name);
  }
});
