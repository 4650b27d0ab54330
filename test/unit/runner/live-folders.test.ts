/** Which state folders have a runner: seen by the file of its lock, for as long as its process lives. */
import { expect, onTestFinished, test } from "vitest";
import { liveFolders } from "../../../runner/live-folders.ts";
import { stateFolderId } from "../../../runner/ownership.ts";
import { lockStateFolder } from "../../../runner/state-lock.ts";
import { aLockHolder } from "../../support/runner/lock-holder.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

test("a folder counts while another process holds it, however that ends", async () => {
  const [held, idle] = [aStateFolder(), aStateFolder()];
  const [heldId, idleId] = [stateFolderId(held), stateFolderId(idle)];
  const holder = await aLockHolder(held);
  const live = await liveFolders();
  expect([live.has(heldId), live.has(idleId)]).toEqual([true, false]);
  await holder.kill();
  expect((await liveFolders()).has(heldId)).toBe(false);
});

test("the asking process's own folder does not count", async () => {
  const folder = aStateFolder();
  const id = stateFolderId(folder);
  const lock = lockStateFolder(folder);
  onTestFinished(() => lock.release());
  expect((await liveFolders()).has(id)).toBe(false);
});
