/** Mount points in a job's folder: made as the folder's owner, never through links, gone when they are empty. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clearMountPoints, makeMountPoints } from "../../../../runner/drives/mount-points.ts";

let base: string;
let work: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "ucloud-points-"));
  work = join(base, "work");
  mkdirSync(work, { mode: 0o700 });
});
afterEach(() => rmSync(base, { recursive: true }));

const folder = (destination: string) => ({ destination, kind: "folder" as const });
const file = (destination: string) => ({ destination, kind: "file" as const });
const mode = (path: string) => statSync(path).mode & 0o777;

test("folders and files are made with the folder's rights, whatever the runner's umask, and again without harm", async () => {
  const before = process.umask(0o077);
  try {
    for (const _time of [1, 2]) {
      await makeMountPoints(work, [folder("/work/a/b"), file("/work/a/c.txt"), folder("/elsewhere/d")]);
    }
  } finally {
    process.umask(before);
  }
  expect(statSync(join(work, "a", "b")).isDirectory()).toBe(true);
  expect(statSync(join(work, "a", "c.txt"))).toMatchObject({ size: 0 });
  expect([mode(join(work, "a")), mode(join(work, "a", "b")), mode(join(work, "a", "c.txt"))]).toEqual([
    0o700, 0o700, 0o600,
  ]);
  expect(readdirSync(work)).toEqual(["a"]);
});

test.each([
  ["a folder", folder("/work/link/x")],
  ["a file", file("/work/link/x")],
  ["a folder in place of the link", folder("/work/link")],
  ["a file in place of the link", file("/work/link")],
])("no link is followed to make %s", async (_, point) => {
  const outside = join(base, "outside");
  mkdirSync(outside);
  symlinkSync(outside, join(work, "link"));
  await expect(makeMountPoints(work, [point])).rejects.toThrow();
  expect(readdirSync(outside)).toEqual([]);
});

test("a file is no place for a folder, nor a folder for a file", async () => {
  await makeMountPoints(work, [folder("/work/a"), file("/work/b")]);
  await expect(makeMountPoints(work, [file("/work/a")])).rejects.toThrow();
  await expect(makeMountPoints(work, [folder("/work/b")])).rejects.toThrow();
});

test("what is empty goes, with the folders that only led there; what holds something stays", async () => {
  const points = [
    folder("/work/a/b"),
    file("/work/a/c"),
    folder("/work/full"),
    file("/work/long"),
    folder("/work/d/e"),
  ];
  await makeMountPoints(work, points);
  writeFileSync(join(work, "full", "result"), "1");
  writeFileSync(join(work, "long"), "1");
  writeFileSync(join(work, "d", "other"), "1");
  await clearMountPoints(work, [...points.map(({ destination }) => destination), "/work/never/made"]);
  expect(readdirSync(work).sort()).toEqual(["d", "full", "long"]);
  expect(readdirSync(join(work, "d"))).toEqual(["other"]);
  expect(existsSync(join(work, "full", "result"))).toBe(true);
});

test("a link that the program left is not followed and stays", async () => {
  const outside = join(base, "outside");
  mkdirSync(join(outside, "empty"), { recursive: true });
  symlinkSync(outside, join(work, "link"));
  await clearMountPoints(work, ["/work/link"]);
  await expect(clearMountPoints(work, ["/work/link/empty", "/work/none"])).rejects.toThrow();
  expect(lstatSync(join(work, "link")).isSymbolicLink()).toBe(true);
  expect(readdirSync(outside)).toEqual(["empty"]);
});
