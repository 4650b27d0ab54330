/** Text that crosses a border. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanText, MAX_STATUS_CHARS, utf8Length } from "../../../shared/text.ts";

/** Everything a string can hold, lone surrogates and control characters too. */
const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 300 });
const nastyText = fc.string({
  unit: fc.constantFrom("\0", "\n", "\u2028", "\u0085", "\ud83d", "\ude00", "é", "a", " ", "😀"),
});

describe("a cleaned text", () => {
  test.each([
    ["a NUL", "a\0b", "a b"],
    ["lines and tabs", "a\r\n\tb", "a b"],
    ["an escape sequence", "\u001b[31mred\u001b[0m", "[31mred [0m"],
    ["a C1 control", "a\u0085b\u009bc", "a b c"],
    ["line and paragraph separators", "a\u2028b\u2029c", "a b c"],
    ["surplus blanks", "  a \u00a0  b  ", "a b"],
    ["a lone surrogate", "a\ud83db", "a\ufffdb"],
    ["a whole pair", "a😀b", "a😀b"],
    ["nothing but noise", "\0\n\t ", ""],
    ["letters of every script", "Straße, Århus, 東京", "Straße, Århus, 東京"],
  ])("has no trouble with %s", (_, text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  test("of any text is one well-formed line that is not too long", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, nastyText), fc.integer({ min: 1, max: 100 }), (text, maxChars) => {
        const clean = cleanText(text, maxChars);
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(clean).toBe(clean.trim());
        expect(clean.length).toBeLessThanOrEqual(maxChars);
      }),
    );
  });

  test("stays as it is when it is cleaned again", () => {
    fc.assert(fc.property(fc.oneof(anyText, nastyText), (text) => cleanText(cleanText(text)) === cleanText(text)));
  });

  test("that was cut ends in an ellipsis, one that fits does not", () => {
    expect(cleanText("x".repeat(MAX_STATUS_CHARS))).toBe("x".repeat(MAX_STATUS_CHARS));
    const cut = cleanText("x".repeat(MAX_STATUS_CHARS + 1));
    expect(cut).toHaveLength(MAX_STATUS_CHARS);
    expect(cut.endsWith("x…")).toBe(true);
  });

  test("is never cut through the middle of a character", () => {
    expect(cleanText("😀😀😀", 4)).toBe("😀\ufffd…");
  });

  test("of a hostile megabyte costs no more than of a line", () => {
    expect(cleanText("\0".repeat(2 ** 20))).toBe("");
    expect(cleanText(`${" ".repeat(2 ** 20)}late`)).toBe("");
  });
});

test("the length in UTF-8 is what an encoder makes of any text", () => {
  fc.assert(fc.property(fc.oneof(anyText, nastyText), (text) => utf8Length(text) === Buffer.byteLength(text)));
});

test.each([
  ["", 0],
  ["a", 1],
  ["é", 2],
  ["€", 3],
  ["😀", 4],
  ["\ud83d", 3],
  ["\ude00\ud83d", 6],
])("%j has %d bytes", (text, bytes) => {
  expect(utf8Length(text)).toBe(bytes);
});
