/** Patterns as RE2 reads them, and those that it would refuse. */
import { expect, test } from "vitest";
import { toRegExp } from "../../../../runner/template/regex.ts";

const search = { ignoreCase: false, multiline: false, whole: false };

const table: [pattern: string, text: string, isFound: boolean][] = [
  ["\\-\\@\\/\\_\\'", "-@/_'", true],
  ["[\\-\\]a]", "]", true],
  ["[]a]", "]", true],
  ["[^]a]", "]", false],
  ["[[:alpha:]_]+$", "ab_", true],
  ["^[[:digit:][:space:]]+$", "1 2\t3", true],
  ["\\Aab\\z", "ab", true],
  ["\\Aab\\z", "ab\n", false],
  ["\\Qa.b\\E+", "a.bb", true],
  ["\\Qa.b\\E", "axb", false],
  ["(?P<name>a)(?<other>b)(?:c)", "abc", true],
  ["(?i)ABC", "abc", true],
  ["(?s)a.b", "a\nb", true],
  ["a.b", "a\nb", false],
  ["a.b", "a\u2028b", true],
  ["a{2}b{1,}", "aabb", true],
  ["^{a}$", "{a}", true],
  ["x{,2}", "x{,2}", true],
  ["\\x{1F600}", "😀", true],
  ["\\pL+", "é", true],
  ["^\\p{Lu}$", "É", true],
  ["^[\\p{Greek}\\pN]+$", "α1", true],
  ["^\\PL$", "1", true],
  ["^\\s$", "\u00a0", false],
  ["\\bab\\b", "an ab c", true],
];

test.each(table)("%j in %j: %j", (pattern, text, isFound) => {
  expect(toRegExp(pattern, search).test(text)).toBe(isFound);
});

test.each([
  "(",
  "[",
  "a**",
  "(?=a)",
  "(?!a)",
  "(?<=a)",
  "(a)\\1",
  "\\k<a>",
  "\\cA",
  "[[:nothing:]]",
  "[[:^digit:]]",
  "(?i:a)",
  "\\",
])("%j is refused", (pattern) => {
  expect(() => toRegExp(pattern, search)).toThrow("not valid");
});

test("match is of the whole text, for each of several alternatives", () => {
  const whole = { ...search, whole: true };
  expect(toRegExp("a|bc", whole).test("bc")).toBe(true);
  expect(toRegExp("a|bc", whole).test("abc")).toBe(false);
  expect(toRegExp("b", { ...whole, multiline: true }).test("a\nb\nc")).toBe(true);
});
