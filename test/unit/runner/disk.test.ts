import { statfsSync } from "node:fs";
import { expect, test } from "vitest";
import { freeDiskBytes } from "../../../runner/disk.ts";

test("the fullest file system counts, one that cannot be asked does not", async () => {
  const { bavail, bsize } = statfsSync("/proc");
  expect(await freeDiskBytes(["/", "/proc", "/nowhere"])).toBe(bavail * bsize);
  expect(await freeDiskBytes(["/"])).toBeGreaterThan(0);
  expect(await freeDiskBytes(["/nowhere"])).toBeNull();
  expect(await freeDiskBytes([])).toBeNull();
});
