/** One process per state folder, however the last one went. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockStateFolder, StateFolderInUse } from "../../../runner/state-lock.ts";
import { aLockHolder } from "../../support/runner/lock-holder.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

test("a second process is refused while the first lives, and let in after kill -9", async () => {
  const folder = aStateFolder();
  const other = await aLockHolder(folder);
  expect(() => lockStateFolder(folder)).toThrow(StateFolderInUse);
  expect(() => lockStateFolder(folder)).toThrow(`another runner works in ${folder}`);
  await other.kill();
  lockStateFolder(folder).release();
});

test("a lock that was let go of can be had again", () => {
  const folder = aStateFolder();
  const lock = lockStateFolder(folder);
  expect(() => lockStateFolder(folder)).toThrow(StateFolderInUse);
  lock.release();
  lockStateFolder(folder).release();
});

test("two state folders have nothing to do with each other, and a new one is the owner's alone", () => {
  const folder = join(aStateFolder(), "new");
  const lock = lockStateFolder(folder);
  lockStateFolder(aStateFolder()).release();
  lock.release();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
