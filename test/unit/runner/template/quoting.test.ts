/** Whatever a value is, a real shell gives it back unchanged, as one word, and runs none of it. */
import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { loadEngine } from "../../../../runner/template/engine.ts";
import { segmentsOf, textOf } from "../../../../runner/template/segments.ts";
import { tokensIn } from "../../../../runner/template/tag-tokens.ts";
import { aRequest } from "../../../support/template.ts";

const engine = loadEngine();

/** What the program gets that the script calls with all words of `template`. */
function wordsOf(template: string, value: string): string[] {
  const answer = engine.render(aRequest(template, { value }));
  const script = answer.is === "script" ? answer.text : `fault ${answer.words}`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\u0000").slice(0, -1);
}

const sign = fc.constantFrom(
  "'",
  '"',
  "$(",
  "`",
  "\\",
  "\n",
  "{{",
  "}}",
  "{%",
  "#",
  " ",
  "*",
  "é",
  "😀",
  "&",
  "<",
  ";",
);
const anyValue = fc
  .array(fc.oneof(sign, fc.string({ unit: "grapheme", maxLength: 6 })), { maxLength: 12 })
  .map((parts) => parts.join("").replaceAll("\0", ""));

test("a value is one word of the shell in every form in which it can be printed", () => {
  const template =
    "{% macro m(x) %}{{ x }}{% endmacro %}{% set kept %}{{ value }}{% endset %}" +
    "printf '%s\\0' {{ value }} {{ value|option('--x=') }} {{ value|option('-x') }} {{ m(value) }} {{ kept }} " +
    "{{ value ~ '' }} {{ [value]|join }} {{ ternary(true, value, 0) }} {{ value|escape }} {{ value if true }}";
  fc.assert(
    fc.property(anyValue, (value) => {
      const same = Array.from({ length: 7 }, () => value);
      expect(wordsOf(template, value)).toEqual([value, `--x=${value}`, "-x", value, ...same]);
    }),
    { numRuns: 60 },
  );
});

test("a list is one word too", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(wordsOf("printf '%s\\0' {{ [value] }} {{ {'a': value} }} end", value)).toHaveLength(3);
    }),
    { numRuns: 30 },
  );
});

const piece = fc.oneof(
  fc.constantFrom(
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    "+",
    "'",
    '"',
    "\\",
    "{",
    "}",
    "(",
    ")",
    "raw",
    "endraw",
    " ",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const anyTemplate = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

test("a template that is cut and joined again is the same, character by character", () => {
  fc.assert(
    fc.property(anyTemplate, (template) => {
      expect(segmentsOf(template).map(textOf).join("")).toBe(template);
      expect(
        tokensIn(template)
          .map(({ text }) => text)
          .join(""),
      ).toBe(template);
    }),
    { numRuns: 500 },
  );
});

test("any template is answered by a script or a fault", () => {
  fc.assert(
    fc.property(anyTemplate, (template) => {
      expect(["script", "fault"]).toContain(engine.render(aRequest(template, { value: "x" })).is);
    }),
    { numRuns: 300 },
  );
});

const word = fc.constantFrom(
  ...[
    "value",
    "value",
    "|",
    "|",
    "map",
    "select",
    "sort",
    "int",
    "float",
    "join",
    "attr",
    "option",
    "format",
    "replace",
  ],
  ...[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "~",
    "+",
    "*",
    "/",
    "is",
    "in",
    "not",
    "if",
    "else",
    "1",
    "'%d'",
    "list",
  ],
  ...[
    "value|upper",
    "(value)",
    "[value]",
    "{value: value}",
    "map(value)",
    "attribute=value",
    "range(value)",
    "value()",
  ],
  ...["value.value()", "groupby(value)", "dictsort(by=value)", "namespace(value)", "batch(value)", "is match(value)"],
);
const anyStatement = fc
  .tuple(fc.constantFrom("{{", "{% if", "{% for x in", "{% include", "{% set x ="), fc.array(word, { maxLength: 6 }))
  .map(([start, words]) => `${start} ${words.join(" ")} ${start === "{{" ? "}}" : "%}"}`);

test("what is said of a fault never holds a value, nor what was made of one", () => {
  fc.assert(
    fc.property(anyStatement, (template) => {
      const answer = engine.render(aRequest(template, { value: "s3cr3t[" }));
      expect(answer.is === "fault" ? answer.words.toLowerCase() : "").not.toMatch(/s3cr/);
    }),
    { numRuns: 2000 },
  );
});
