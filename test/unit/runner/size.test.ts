import { expect, test } from "vitest";
import { parseSize } from "../../../runner/size.ts";

test.each([
  ["0", 0],
  ["1024", 1024],
  ["1B", 1],
  ["2K", 2048],
  ["512MiB", 512 * 2 ** 20],
  ["1.5G", 1.5 * 2 ** 30],
  ["64 gib", 64 * 2 ** 30],
  [" 2TiB ", 2 ** 41],
  ["500MB", 500_000_000],
  ["1kb", 1000],
  ["0.3K", 307],
])("%j is %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "G", "-1G", "1,5G", "1e9", "1 G B", "1PiB", "0x10", "1G extra", ".5G", "Infinity", "1constructor"])(
  "%j is no size",
  (text) => {
    expect(parseSize(text)).toBeNull();
  },
);
