/** No link, no `..` and no odd name leads a walk out of its folder. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { walk } from "../../../../runner/drives/walk.ts";

let base: string;
let root: string;

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "ucloud-walk-")));
  root = join(base, "drive");
  mkdirSync(join(root, "a", "b"), { recursive: true });
  writeFileSync(join(root, "a", "file"), "");
  writeFileSync(join(base, "secret"), "");
  symlinkSync("../secret", join(root, "link"));
  symlinkSync("..", join(root, "up"));
  symlinkSync("a", join(root, "inner"));
  execFileSync("mkfifo", [join(root, "fifo")]);
});
afterAll(() => rmSync(base, { recursive: true }));

function identity(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

test.each([
  ["the folder itself", [], "folder"],
  ["a folder in it", ["a", "b"], "folder"],
  ["a file", ["a", "file"], "file"],
])("%s is found", async (_, names, is) => {
  expect(await walk(root, names)).toEqual({ is, identity: identity(join(root, ...names)) });
});

test.each([
  ["a link at the end", ["link"], { is: "unusable", at: 0 }],
  ["a link in the middle", ["up", "secret"], { is: "unusable", at: 0 }],
  ["a link that stays inside", ["inner", "b"], { is: "unusable", at: 0 }],
  ["a pipe", ["fifo"], { is: "unusable", at: 0 }],
  ["a file in the middle", ["a", "file", "x"], { is: "unusable", at: 1 }],
  ["nothing", ["a", "none"], { is: "missing", at: 1 }],
  ["a name that is too long", ["a".repeat(256)], { is: "missing", at: 0 }],
  ["the parent", ["..", "secret"], { is: "missing", at: 0 }],
  ["a path as a name", ["a/b"], { is: "missing", at: 0 }],
])("%s is not", async (_, names, found) => {
  expect(await walk(root, names)).toEqual(found);
});

test("a root that is a file or missing is the caller's trouble", async () => {
  await expect(walk(join(root, "a", "file"), [])).rejects.toMatchObject({ code: "ENOTDIR" });
  await expect(walk(join(root, "none"), [])).rejects.toMatchObject({ code: "ENOENT" });
});

test("whatever the names, what is found lies in the folder", async () => {
  const inside = new Set([root, join(root, "a"), join(root, "a", "b"), join(root, "a", "file")].map(identity));
  const name = fc.oneof(
    fc.constantFrom("a", "b", "file", "link", "up", "inner", "fifo", "..", ".", "", "secret", "a/..", "../secret"),
    fc.string({ maxLength: 8 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(name, { maxLength: 5 }), async (names) => {
      const found = await walk(root, names);
      expect("identity" in found ? inside.has(found.identity) : true).toBe(true);
    }),
  );
});
