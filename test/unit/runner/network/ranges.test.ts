/** Parts of the address space. */
import { expect, test } from "vitest";
import { addressOf, isIpv6Range, merged, overlaps, parseRange, prefixOf } from "../../../../runner/network/ranges.ts";

test.each([
  ["10.0.0.0/8", "10.0.0.0-10.255.255.255"],
  ["203.0.113.7", "203.0.113.7-203.0.113.7"],
  ["224.0.0.0/3", "224.0.0.0-255.255.255.255"],
  ["0.0.0.0/0", "0.0.0.0-255.255.255.255"],
])("%s is %s", (text, expected) => {
  const range = parseRange(text);
  expect(range && `${addressOf(range.first)}-${addressOf(range.last)}`).toBe(expected);
});

test.each(["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0/24", "::1", "", "a", "10.0.0.0/-1"])(
  "%j is no range",
  (text) => {
    expect(parseRange(text)).toBeNull();
  },
);

test.each([
  ["fd00::/8", true],
  ["2001:db8::1", true],
  ["fd00::/129", false],
  ["10.0.0.0/8", false],
  ["fd00::/8/8", false],
])("%s is a range of IPv6: %s", (text, expected) => {
  expect(isIpv6Range(text)).toBe(expected);
});

test("an interface's prefix is the whole network that it is in; IPv6 has none here", () => {
  expect(prefixOf("192.0.2.17/28")).toEqual(parseRange("192.0.2.16/28"));
  expect(prefixOf("192.0.2.17/32")).toEqual(parseRange("192.0.2.17"));
  expect(prefixOf("fe80::1/64")).toBeNull();
});

test("ranges that overlap or touch become one, and others stay apart", () => {
  const ranges = ["10.0.0.0/9", "192.0.2.1", "10.128.0.0/9", "10.1.0.0/16", "192.0.2.3"];
  const result = merged(ranges.flatMap((text) => parseRange(text) ?? []));
  expect(result).toEqual(["10.0.0.0/8", "192.0.2.1", "192.0.2.3"].map(parseRange));
});

test("ranges overlap where they share an address", () => {
  const [a, b, c] = ["10.0.0.0/24", "10.0.0.255", "10.0.1.0"].map((text) => parseRange(text) ?? { first: 0, last: 0 });
  expect(a && b && c && [overlaps(a, b), overlaps(b, a), overlaps(a, c)]).toEqual([true, true, false]);
});
