/** Files for a job's `work/`, whatever its program has left there. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isPlaced, NamesTakenError, namesLike, openWork, place } from "../../../../runner/attempt/placing.ts";

const NAMES = namesLike("stdout", ".txt");
let base: string;
let work: string;
let source: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "ucloud-placing-"));
  work = join(base, "work");
  source = join(base, "part");
  mkdirSync(work);
  writeFileSync(source, "ours");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

async function placed(names = NAMES, from = source): Promise<void> {
  const folder = await openWork(work);
  await place(from, folder, names).finally(() => folder.close());
}

test("the first name is taken when it is free, and that it is done can be seen", async () => {
  expect(await isPlaced(source)).toBe(false);
  await placed();
  expect(readFileSync(join(work, "stdout.txt"), "utf8")).toBe("ours");
  expect(await isPlaced(source)).toBe(true);
});

test.each<[string, (path: string) => void]>([
  ["a file", (path) => writeFileSync(path, "theirs")],
  ["a folder", (path) => mkdirSync(path)],
  ["a link to a file", (path) => symlinkSync("/etc/hostname", path)],
  ["a link to nothing", (path) => symlinkSync(join(base, "nothing"), path)],
])("%s of that name is left alone", async (_, leave) => {
  leave(join(work, "stdout.txt"));
  const before = lstatSync(join(work, "stdout.txt"));
  await placed();
  expect(lstatSync(join(work, "stdout.txt"))).toEqual(before);
  expect(readFileSync(join(work, "stdout-1.txt"), "utf8")).toBe("ours");
  expect(existsSync(join(base, "nothing"))).toBe(false);
});

test("a hundred names are tried and no more", async () => {
  for (const name of NAMES) {
    writeFileSync(join(work, name), "theirs");
  }
  await expect(placed()).rejects.toBeInstanceOf(NamesTakenError);
  expect(readdirSync(work)).toHaveLength(100);
});

test("a link in place of the folder is not followed", async () => {
  rmSync(work, { recursive: true });
  symlinkSync(tmpdir(), work);
  await expect(openWork(work)).rejects.toMatchObject({ code: expect.stringMatching(/^(ELOOP|ENOTDIR)$/) });
});

test("where a file cannot have two names it is copied, with its owner, and replaces nothing either", async () => {
  const elsewhere = mkdtempSync("/dev/shm/ucloud-placing-");
  expect(statSync(elsewhere).dev).not.toBe(statSync(work).dev);
  const far = join(elsewhere, "part");
  writeFileSync(far, "ours");
  symlinkSync(join(base, "nothing"), join(work, "stdout.txt"));
  await placed(NAMES, far).finally(() => rmSync(elsewhere, { recursive: true }));
  expect(readFileSync(join(work, "stdout-1.txt"), "utf8")).toBe("ours");
  expect(statSync(join(work, "stdout-1.txt"))).toMatchObject({ uid: process.getuid?.(), mode: 0o100644 });
  expect(existsSync(join(base, "nothing"))).toBe(false);
});
