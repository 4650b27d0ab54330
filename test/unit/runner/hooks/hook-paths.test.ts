/** Only programs that nobody else can change become hooks. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireSafe } from "../../../../runner/hooks/hook-paths.ts";
import { settingsSchema } from "../../../../runner/settings.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ucloud-hooks-"));
  chmodSync(folder, 0o755);
  path = join(folder, "prolog");
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function becomeFolder(place: string): void {
  rmSync(place);
  mkdirSync(place);
}

test("a program of root in folders of root is taken", () => {
  expect(() => requireSafe({ prolog: path })).not.toThrow();
  expect(() => requireSafe({})).not.toThrow();
});

test.each([
  ["hooks.prolog", { hooks: '{"prolog":"site/prolog"}' }],
  ["hooks", { hooks: { prologue: "/site/prolog" } }],
])("a setting that is none is refused by its name: %s", (name, given) => {
  expect(settingsSchema.safeParse(given).error?.issues[0]?.path.join(".")).toBe(name);
});

test.each<[string, () => void, RegExp]>([
  ["that is not there", () => rmSync(path), /^hooks\.prolog: .* cannot be looked at$/],
  ["that is no program", () => chmodSync(path, 0o644), /^hooks\.prolog: .* is no executable file$/],
  ["that is a folder", () => becomeFolder(path), /is no executable file$/],
  ["that anybody may write", () => chmodSync(path, 0o757), /prolog can be changed by others/],
  ["in a folder that anybody may write", () => chmodSync(folder, 0o777), /can be changed by others/],
  ["of another user", () => chownSync(path, 1234, 1234), /can be changed by others than root and the runner's user$/],
])("a program %s is refused by the hook's name", (_name, spoil, message) => {
  spoil();
  expect(() => requireSafe({ prolog: path })).toThrow(message);
});

test("the runner's own user may own it", () => {
  chownSync(path, 1234, 1234);
  expect(() => requireSafe({ prolog: path }, 1234)).not.toThrow();
});
