/** How a job's folder is deleted. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRemoval, RemovalError, removalCommands } from "../../../runner/removal.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "ucloud-removal-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test("a rootless runner deletes in its user namespace, by itself or by its systemd", () => {
  const words = ["podman", "unshare", "rm", "-rf", "--one-file-system", "--"];
  const [first, second] = removalCommands(false);
  expect(first).toEqual(words);
  expect(second?.[0]).toBe("systemd-run");
  expect(second?.slice(-words.length)).toEqual(words);
  expect(removalCommands(true)).toEqual([words.slice(2)]);
});

test("a folder with an odd name goes with all that is in it, and nothing that it links to", async () => {
  const folder = join(base, "-rf");
  mkdirSync(join(folder, "deep", "er"), { recursive: true });
  writeFileSync(join(base, "precious"), "");
  symlinkSync(base, join(folder, "deep", "link"));
  await createRemoval(true)(folder);
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(join(base, "precious"))).toBe(true);
});

test("what is still there afterwards is a failure", async () => {
  // Nobody deletes that.
  await expect(createRemoval(true)("/proc/self")).rejects.toBeInstanceOf(RemovalError);
});
