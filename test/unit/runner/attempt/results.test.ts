/** Where UCloud sees a job's files, and whose user is told where they are. */
import { expect, test } from "vitest";
import type { JobSettings } from "../../../../runner/attempt/context.ts";
import { hasExited } from "../../../../runner/attempt/outcome.ts";
import { newAttempt } from "../../../../runner/attempt/record.ts";
import { type DriveFolder, outputFolderOf, placeFor, resultsOf } from "../../../../runner/attempt/results.ts";
import { aPlan, aRef, DAY_MS } from "../../../support/node-under-test.ts";

const WORK = "/data/88/Jobs/1-a/work";

test.each<[string, Record<string, DriveFolder>, string | null]>([
  ["no drive", {}, null],
  ["a drive around it", { "88": { folder: "/data/88" } }, "/88/Jobs/1-a/work"],
  ["another drive's folder", { "88": { folder: "/data/8" } }, null],
  ["a drive inside it", { "88": { folder: `${WORK}/deep` } }, null],
  ["the drive that is named by its folder", { "*": { folder: "/data" } }, "/88/Jobs/1-a/work"],
  ["a folder that is no drive's name", { "*": { folder: "/" } }, "/data/88/Jobs/1-a/work"],
  ["the closest of two", { a: { folder: "/data" }, b: { folder: "/data/88" } }, "/b/Jobs/1-a/work"],
  ["an id of its own before a folder's name", { "*": { folder: "/data" }, "88": { folder: "/elsewhere" } }, null],
  ["a drive for this workspace", { a: { folder: "/data", workspaces: ["user:alice"] } }, "/a/88/Jobs/1-a/work"],
  ["a drive for others", { a: { folder: "/data", workspaces: ["user:bob"] } }, null],
])("%s", (_, drives, seen) => {
  expect(outputFolderOf(WORK, drives, "user:alice")).toBe(seen);
});

test("a first folder that could be no drive's id is none", () => {
  expect(outputFolderOf("/data/user@x/1-a/work", { "*": { folder: "/data" } }, "user:alice")).toBeNull();
});

const SETTINGS: JobSettings = {
  ...{ jobsDir: "/data", jobsBelow: ["{user}"], driveFolders: {}, workKeepMs: 14 * DAY_MS },
  ...{ jobUser: { uid: 1, gid: 1 }, allowRoot: false, logCapBytes: 1 },
};
const at = (nowMs: number) => ({ bootId: "boot-1", uptimeMs: nowMs, nowMs });

function ended(settings = SETTINGS, ran = true) {
  const plan = aPlan({ user: "alice" });
  const place = placeFor(settings, aRef(), plan);
  const attempt = newAttempt({ ref: aRef(), category: "c", plan, gpus: [], now: at(0), place });
  const exit = { is: "exited", startedAtPodman: 1_000, finishedAtPodman: 2_000, exitCode: 0, oom: false } as const;
  return ran ? hasExited({ ...attempt, started: at(1_000) }, exit, at(2_000), null) : attempt;
}

test("a user is told of files in a place that the site chose, and how long after the end they are there", () => {
  const folder = "/data/alice/1001-00112233445566aa/work";
  expect(resultsOf(ended(), SETTINGS)).toEqual({ folder, keptMs: 14 * DAY_MS });
});

test.each<[string, Partial<JobSettings>]>([
  ["a folder that only the runner may look at", { jobsBelow: [] }],
  ["a folder that UCloud shows", { driveFolders: { "88": { folder: "/data" } } }],
  ["a folder that goes at once", { workKeepMs: 0 }],
])("nobody is told of %s", (_, change) => {
  const settings = { ...SETTINGS, ...change };
  expect(resultsOf(ended(settings), settings)).toBeUndefined();
});

test("a job that never ran has no results", () => {
  expect(resultsOf(ended(SETTINGS, false), SETTINGS)).toBeUndefined();
});
