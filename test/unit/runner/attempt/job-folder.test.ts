import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FolderOwner, jobFolder, makeJobFolder } from "../../../../runner/attempt/job-folder.ts";
import { WayError } from "../../../../runner/own-files.ts";

const asRoot = process.getuid?.() === 0;
const owner = { uid: asRoot ? 11_042 : (process.getuid?.() ?? 0), gid: asRoot ? 11_042 : (process.getgid?.() ?? 0) };
let base: string;

function rights(change: { owner?: FolderOwner; isShown?: boolean } = {}) {
  return { owner, isShown: false, stateFolder: "00112233445566aa", ...change };
}

function paths(attempt = 1) {
  return jobFolder(join(base, "jobs", "1001-00112233445566aa"), { attempt, rank: 0 });
}

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "ucloud-jobs-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test("the work folder belongs to the job's user, the folder around it to the runner alone", async () => {
  const { work, folder, own } = paths();
  await makeJobFolder(paths(), rights());
  expect(lstatSync(work)).toMatchObject(owner);
  expect(lstatSync(work).mode & 0o777).toBe(0o700);
  for (const path of [folder, own]) {
    expect(lstatSync(path)).toMatchObject({ uid: process.getuid?.() });
    expect(lstatSync(path).mode & 0o777).toBe(0o700);
  }
});

test("a second attempt keeps what the first one wrote, with a log and a folder of its own", async () => {
  const [first, second] = [paths(1), paths(2)];
  await makeJobFolder(first, rights());
  writeFileSync(join(first.work, "result"), "");
  await makeJobFolder(second, rights());
  expect(readdirSync(second.work)).toEqual(["result"]);
  expect(second.work).toBe(first.work);
  expect(second.log).not.toBe(first.log);
  expect(second.own).not.toBe(first.own);
});

test("a rootless runner lets the job's subordinate uid in, and nobody past the outer folder", async () => {
  const { work, folder } = paths();
  for (const isShown of [false, true]) {
    await makeJobFolder(paths(), rights({ owner: "rootless", isShown }));
    expect(lstatSync(work).mode & 0o777).toBe(0o777);
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
  }
});

test("where results are shown the way is open to all, the files to the job's group, and the rest to nobody", async () => {
  const { work, folder, own } = paths();
  const before = process.umask(0o077);
  await makeJobFolder(paths(), rights({ isShown: true })).finally(() => process.umask(before));
  const modes = [join(base, "jobs"), folder, work, own].map((path) => lstatSync(path).mode & 0o777);
  expect(modes).toEqual([0o755, 0o755, 0o750, 0o700]);
});

test.each(["folder", "work"] as const)("a link in place of the %s is not followed", async (which) => {
  const elsewhere = join(base, "elsewhere");
  mkdirSync(elsewhere);
  chmodSync(elsewhere, 0o755);
  mkdirSync(which === "work" ? paths().folder : join(base, "jobs"), { recursive: true });
  symlinkSync(elsewhere, paths()[which]);
  await expect(makeJobFolder(paths(), rights())).rejects.toMatchObject({
    code: expect.stringMatching(/^(ELOOP|ENOTDIR)$/),
  });
  expect(lstatSync(elsewhere).mode & 0o777).toBe(0o755);
});

test.each([
  ["a link", (path: string) => symlinkSync(tmpdir(), path)],
  ["a folder that others may change", (path: string) => chmodSync(made(path), 0o777)],
  ["a folder of another user", (path: string) => chownSync(made(path), 4711, 4711)],
])("where results are shown, %s on the way is not passed", async (_, make) => {
  make(join(base, "jobs"));
  await expect(makeJobFolder(paths(), rights({ isShown: true }))).rejects.toBeInstanceOf(WayError);
});

function made(path: string): string {
  mkdirSync(path);
  return path;
}
