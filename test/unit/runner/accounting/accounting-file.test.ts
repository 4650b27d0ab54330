/** The file that says who ran here. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { AccountingFile, type AccountLine } from "../../../../runner/accounting/accounting-file.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";

const DAY_MS = 86_400_000;
let folder: string;
let nowMs: number;
let file: AccountingFile;

beforeEach(() => {
  folder = aStateFolder();
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  file = new AccountingFile(folder, () => nowMs);
});

function aLine(job: string): AccountLine {
  return {
    ...{ job, incarnation: "0".repeat(16), attempt: 1, rank: 0, category: "small", workspace: "user:alice" },
    ...{ address: null, image: "busybox", imageDigest: null, acceptedAt: "a", startedAt: "b", endedAt: "c" },
    ...{ ranMs: 1, cause: "exit", exitCode: 0, peakMemoryBytes: null },
  };
}

const path = () => join(folder, "accounting.jsonl");
const files = () => readdirSync(folder).filter((name) => name.startsWith("accounting"));
const jobs = (name: string) =>
  readFileSync(join(folder, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).job);

test("a line is added for each, with its moment, readable by the runner's own user alone", () => {
  file.append(aLine("1"));
  nowMs += 1_000;
  file.append(aLine("2"));
  expect(jobs("accounting.jsonl")).toEqual(["1", "2"]);
  expect(JSON.parse(readFileSync(path(), "utf8").split("\n")[1] ?? "")).toEqual({
    at: "2026-01-01T00:00:01.000Z",
    ...aLine("2"),
  });
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

test("rights that somebody has widened are narrowed again", () => {
  writeFileSync(path(), "", { mode: 0o644 });
  file.append(aLine("1"));
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

test("half a line that a crash has left swallows no other", () => {
  file.append(aLine("1"));
  truncateSync(path(), statSync(path()).size - 20);
  file.append(aLine("2"));
  const lines = readFileSync(path(), "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[1] ?? "").job).toBe("2");
});

test("a file is set aside when its first line is a week old", () => {
  file.append(aLine("1"));
  nowMs += 7 * DAY_MS - 1;
  file.append(aLine("2"));
  expect(files()).toEqual(["accounting.jsonl"]);
  nowMs += 1;
  file.append(aLine("3"));
  expect(files()).toEqual([`accounting-${nowMs}.jsonl`, "accounting.jsonl"]);
  expect(jobs("accounting.jsonl")).toEqual(["3"]);
});

test("a file is set aside when it is full", () => {
  file.append(aLine("1"));
  appendFileSync(path(), "x".repeat(16 * 1024 * 1024));
  file.append(aLine("2"));
  expect(files()).toHaveLength(2);
  expect(jobs("accounting.jsonl")).toEqual(["2"]);
});

test("lines are kept for 180 days, and a week more at most", () => {
  const beganMs = nowMs;
  const kept: [number, number][] = [];
  for (let day = 0; day < 400; day++) {
    file.append(aLine(`${day}`));
    const oldest = Math.min(...files().flatMap(jobs).map(Number));
    kept.push([day, day - oldest]);
    nowMs += DAY_MS;
  }
  expect(nowMs - beganMs).toBe(400 * DAY_MS);
  expect(kept.filter(([day, days]) => days < Math.min(day, 180))).toEqual([]);
  expect(Math.max(...kept.map(([, days]) => days))).toBeLessThanOrEqual(187);
});

test("nobody needs to run a job for old lines to go", () => {
  file.append(aLine("1"));
  nowMs += 7 * DAY_MS;
  file.tidy();
  nowMs += 180 * DAY_MS;
  file.tidy();
  expect(files()).toEqual([]);
});

test("there are never more than 32 files, whatever is written", () => {
  for (let round = 0; round < 40; round++) {
    nowMs += 1;
    writeFileSync(path(), "x".repeat(16 * 1024 * 1024));
    file.append(aLine(`${round}`));
  }
  expect(files()).toHaveLength(32);
  expect(jobs("accounting.jsonl")).toEqual(["39"]);
});

test("only files of that name are removed", () => {
  writeFileSync(join(folder, "accounting-old.jsonl"), "");
  writeFileSync(join(folder, "journal.sqlite"), "");
  mkdirSync(join(folder, "jobs"));
  nowMs += 1_000 * DAY_MS;
  file.tidy();
  expect(readdirSync(folder).sort()).toEqual(["accounting-old.jsonl", "jobs", "journal.sqlite"]);
});
