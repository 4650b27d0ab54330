import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isOlder, VERSION } from "../../../runner/version.ts";

test("the runner's version is the package's", () => {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  expect(JSON.parse(manifest).version).toBe(VERSION);
});

test.each([
  ["0.1.0", "0.1.0", false],
  ["0.1.0", "0.1.1", true],
  ["0.9.0", "0.10.0", true],
  ["0.10.0", "0.9.9", false],
  ["1.0.0", "0.99.99", false],
  ["1", "1.0.1", true],
  ["1.2", "1.2.0", false],
  ["nonsense", "0.0.1", true],
  ["0.1.0", "", false],
])("%j is older than %j: %s", (version, than, older) => {
  expect(isOlder(version, than)).toBe(older);
});
