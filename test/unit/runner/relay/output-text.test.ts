/** A program's bytes become text, wherever they are cut and whatever they are. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeOutput } from "../../../../runner/relay/output-text.ts";

const NOTHING = Buffer.alloc(0);

function decodePieces(bytes: Buffer, cuts: number[]): string {
  let rest: Buffer = NOTHING;
  let text = "";
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  edges.slice(1).forEach((edge, index) => {
    const decoded = decodeOutput(rest, bytes.subarray(edges[index], edge));
    text += decoded.text;
    rest = decoded.rest;
  });
  return text + (rest.length > 0 ? new TextDecoder().decode(rest) : "");
}

test("text is the same however its bytes are cut", () => {
  const text = fc
    .array(fc.constantFrom("a", "\n", "é", "€", "𝒳", "\ufeff"), { maxLength: 40 })
    .map((all) => all.join(""));
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 8 }), (given, cuts) => {
      expect(decodePieces(Buffer.from(given), cuts)).toBe(given);
    }),
  );
});

test("bytes that are no text are replaced, and no more than a character is ever held back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (given) => {
      const { text, rest } = decodeOutput(NOTHING, Buffer.from(given));
      expect(rest.length).toBeLessThan(4);
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toContain("\0");
    }),
  );
});

test.each([
  ["a NUL is left out", [0x61, 0, 0x62], "ab", []],
  ["a byte that begins nothing is replaced at once", [0x61, 0xff], "a\ufffd", []],
  ["a byte that only goes on is replaced at once", [0x80], "\ufffd", []],
  ["half a character waits", [0x61, 0xe2, 0x82], "a", [0xe2, 0x82]],
  ["a mark at the beginning of the output stays", [0xef, 0xbb, 0xbf, 0x61], "\ufeffa", []],
  ["an overlong form never waits", [0xc0], "\ufffd", []],
])("%s", (_name, bytes, text, rest) => {
  expect(decodeOutput(NOTHING, Buffer.from(bytes))).toEqual({ text, rest: Buffer.from(rest) });
});
