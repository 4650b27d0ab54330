/** Which names a pattern is for. No user's text becomes a regular expression, and none costs much. */
import { expect, test } from "vitest";
import { isLike, isPattern, NAME_PATTERN } from "../../../../worker/registry/name-pattern.ts";

test.each<[string, string[], string[]]>([
  ["node-*", ["node-", "node-1", "node-a.b"], ["node", "xnode-1", "Node-1"]],
  ["node-??", ["node-01"], ["node-1", "node-001"]],
  ["*", ["a", "node-1"], []],
  ["*-gpu", ["n1-gpu", "-gpu"], ["n1-gpu2", "gpu"]],
  ["a*b*c", ["abc", "aXbYc", "abbbc", "abcbc"], ["acb", "abcd"]],
  ["n.de?*", ["n.de1", "n.de12"], ["node1", "n.de"]],
  ["**?", ["a", "ab"], [""]],
])("%s", (pattern, names, others) => {
  expect(names.filter((name) => !isLike(name, pattern))).toEqual([]);
  expect(others.filter((name) => isLike(name, pattern))).toEqual([]);
});

test("the worst pattern is done at once", () => {
  const beganMs = performance.now();
  expect(isLike("a".repeat(64), `${"*a".repeat(31)}*b`)).toBe(false);
  expect(performance.now() - beganMs).toBeLessThan(100);
});

test.each(["node-*", "?", "*"])("%s is a pattern", (text) => {
  expect([isPattern(text), NAME_PATTERN.test(text)]).toEqual([true, true]);
});

test.each(["node-1", "", "node-[12]", "(a+)*", "a b*", "node*\n", "*".repeat(65)])("%j is none", (text) => {
  expect(NAME_PATTERN.test(text)).toBe(false);
});
