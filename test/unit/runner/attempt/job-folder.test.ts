import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { jobFolder, makeJobFolder } from "../../../../runner/attempt/job-folder.ts";
import { aRef } from "../../../support/node-under-test.ts";

const asRoot = process.getuid?.() === 0;
const owner = { uid: asRoot ? 11_042 : (process.getuid?.() ?? 0), gid: asRoot ? 11_042 : (process.getgid?.() ?? 0) };
let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "ucloud-jobs-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test("the work folder belongs to the job's user, the folder around it to the runner alone", async () => {
  const paths = jobFolder(base, aRef());
  await makeJobFolder(paths, base, owner);
  expect(lstatSync(paths.work)).toMatchObject(owner);
  expect(lstatSync(paths.work).mode & 0o777).toBe(0o700);
  expect(lstatSync(paths.folder)).toMatchObject({ uid: process.getuid?.() });
  expect(lstatSync(paths.folder).mode & 0o777).toBe(0o700);
});

test("a second attempt keeps what the first one wrote, with a log of its own", async () => {
  const first = jobFolder(base, aRef());
  const second = jobFolder(base, aRef({ attempt: 2 }));
  await makeJobFolder(first, base, owner);
  writeFileSync(join(first.work, "result"), "");
  await makeJobFolder(second, base, owner);
  expect(readdirSync(second.work)).toEqual(["result"]);
  expect(second.work).toBe(first.work);
  expect(second.log).not.toBe(first.log);
});

test("a rootless runner lets the job's subordinate uid in, and nobody past the outer folder", async () => {
  const paths = jobFolder(base, aRef());
  await makeJobFolder(paths, base, "rootless");
  expect(lstatSync(paths.work).mode & 0o777).toBe(0o777);
  expect(lstatSync(paths.folder).mode & 0o777).toBe(0o700);
});

test.each(["folder", "work"] as const)("a link in place of the %s is not followed", async (which) => {
  const paths = jobFolder(base, aRef());
  const elsewhere = join(base, "elsewhere");
  mkdirSync(elsewhere);
  chmodSync(elsewhere, 0o755);
  if (which === "work") {
    mkdirSync(paths.folder);
  }
  symlinkSync(elsewhere, paths[which]);
  await expect(makeJobFolder(paths, base, owner)).rejects.toMatchObject({
    code: expect.stringMatching(/^(ELOOP|ENOTDIR)$/),
  });
  expect(lstatSync(elsewhere).mode & 0o777).toBe(0o755);
});
