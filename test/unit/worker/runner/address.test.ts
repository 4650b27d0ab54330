/** Which addresses lie in a network. */
import { expect, test } from "vitest";
import { mayCallFrom } from "../../../../worker/runner/address.ts";

test.each([
  ["192.0.2.7", "192.0.2.0/24", true],
  ["192.0.3.7", "192.0.2.0/24", false],
  ["192.0.2.7", "192.0.2.7/32", true],
  ["192.0.2.6", "192.0.2.7/32", false],
  ["192.0.2.130", "192.0.2.128/25", true],
  ["192.0.2.127", "192.0.2.128/25", false],
  ["203.0.113.9", "0.0.0.0/0", true],
  ["2001:db8::1", "2001:db8::/32", true],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1/128", true],
  ["2001:db9::1", "2001:db8::/32", false],
  ["2001:db8:8000::1", "2001:db8:8000::/33", true],
  ["2001:db8:7fff::1", "2001:db8:8000::/33", false],
  ["::1", "::/0", true],
  ["::ffff:192.0.2.7", "192.0.2.0/24", true],
  ["192.0.2.7", "::/0", false],
  ["2001:db8::1", "0.0.0.0/0", false],
  ["unknown", "0.0.0.0/0", false],
  ["unknown", "::/0", false],
  ["", "0.0.0.0/0", false],
])("%s in %s: %s", (address, network, expected) => {
  expect(mayCallFrom(address, [network])).toBe(expected);
});

test("one of several networks is enough, and without any everybody may call", () => {
  expect(mayCallFrom("192.0.2.7", ["2001:db8::/32", "192.0.2.0/24"])).toBe(true);
  expect(mayCallFrom("unknown", null)).toBe(true);
});
