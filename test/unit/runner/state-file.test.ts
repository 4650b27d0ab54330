/** Small files that are old or new, never half. */
import { readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readStateFile, writeStateFile } from "../../../runner/state-file.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

test("what was written is read, without surrounding blanks", () => {
  const path = join(aStateFolder(), "generation");
  writeStateFile(path, "one");
  expect(readStateFile(path)).toBe("one");
  writeStateFile(path, "two\n");
  expect(readStateFile(path)).toBe("two");
});

test("null where there is none, or it cannot be read", () => {
  const folder = aStateFolder();
  expect(readStateFile(join(folder, "none"))).toBeNull();
  expect(readStateFile(folder)).toBeNull();
});

test("only the owner can read it, whatever stood there before", () => {
  const path = join(aStateFolder(), "key");
  writeFileSync(path, "old", { mode: 0o644 });
  writeStateFile(path, "new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("the new content takes the old one's place by name: who has it open sees the old, and a link is replaced", () => {
  const folder = aStateFolder();
  const path = join(folder, "file");
  writeFileSync(join(folder, "elsewhere"), "untouched");
  symlinkSync(join(folder, "elsewhere"), path);
  writeStateFile(path, "new");
  expect(readStateFile(join(folder, "elsewhere"))).toBe("untouched");
  expect(readdirSync(folder).sort()).toEqual(["elsewhere", "file"]);
});

test("what a crash left half written is overwritten", () => {
  const path = join(aStateFolder(), "file");
  writeFileSync(`${path}.new`, "a longer half of something");
  writeStateFile(path, "whole");
  expect(readStateFile(path)).toBe("whole");
});

test("a folder that is not there is an error, not a silence", () => {
  expect(() => writeStateFile(join(aStateFolder(), "no", "file"), "x")).toThrow(/ENOENT/);
});
