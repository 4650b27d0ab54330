/** A whole log as what the program wrote. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { beginsLate, outputOf, READ_BYTES } from "../../../../runner/engine/log-content.ts";

const TIME = "2026-11-24T12:36:37.986654404+00:00";
const NEWLINE = Buffer.from("\n");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ucloud-edge-content-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function entry(content: Buffer | string, { from = "stdout", tag = "F" } = {}): Buffer {
  return Buffer.concat([Buffer.from(`${TIME} ${from} ${tag} `), Buffer.from(content), NEWLINE]);
}

async function contentOf(log: Buffer): Promise<{ output: Buffer; longest: number }> {
  const path = join(folder, "log");
  writeFileSync(path, log);
  const file = await open(path);
  try {
    const pieces: Buffer[] = [];
    for await (const piece of outputOf(file)) {
      pieces.push(Buffer.from(piece));
    }
    return { output: Buffer.concat(pieces), longest: Math.max(0, ...pieces.map((piece) => piece.length)) };
  } finally {
    await file.close();
  }
}

test("both streams come in the order of the log, and a last line without an end has none", async () => {
  const log = [entry("a"), entry("wrong", { from: "stderr" }), entry("b", { tag: "P" }), entry("c", { tag: "P" })];
  expect((await contentOf(Buffer.concat(log))).output.toString()).toBe("a\nwrong\nbc");
});

test("the line at which its supervisor was killed counts as far as it goes", async () => {
  const { output } = await contentOf(Buffer.concat([entry("a"), entry("cut").subarray(0, -2)]));
  expect(output.toString()).toBe("a\ncu\n");
});

test("an empty log is empty", async () => {
  expect((await contentOf(Buffer.alloc(0))).output.length).toBe(0);
});

test("what is no line of a log does not stop the rest, however long it is", async () => {
  const { output } = await contentOf(
    Buffer.concat([entry("a"), Buffer.alloc(3 * READ_BYTES, 120), NEWLINE, entry("b")]),
  );
  expect(output.toString()).toBe("a\nb\n");
});

test("bytes of any kind come back whole across the edges of what is read at a time", async () => {
  const lines = fc.array(fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 40 })), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(lines, async (drawn) => {
      const written = drawn.map(([bytes, times]) => {
        const line = Buffer.from(bytes.filter((byte) => byte !== 10));
        return Buffer.concat(Array.from({ length: times }, () => line));
      });
      const log = Buffer.concat(written.map((line) => entry(line)));
      const { output, longest } = await contentOf(log);
      expect(output.equals(Buffer.concat(written.flatMap((line) => [line, NEWLINE])))).toBe(true);
      expect(longest).toBeLessThanOrEqual(READ_BYTES);
    }),
    { numRuns: 30 },
  );
});

test.each([
  [1_000_000, 999_000, false],
  [1_000_000, 994_000, true],
  [1_000_000, null, false],
  [0, 994_000, false],
])("a log born at %d of a program that began at %s took another's place: %s", (bornMs, startedAtMs, late) => {
  expect(beginsLate(bornMs, startedAtMs)).toBe(late);
});
