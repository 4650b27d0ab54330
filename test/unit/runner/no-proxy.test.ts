/** Who is asked without the proxy. */
import { expect, test } from "vitest";
import { isExempt } from "../../../runner/no-proxy.ts";

test.each([
  ["a name", "gateway.example.org", ["gateway.example.org", "GATEWAY.example.org", "a.gateway.example.org"]],
  ["a suffix", ".example.org", ["example.org", "a.example.org", "a.b.example.org"]],
  ["a suffix with a star", "*.example.org", ["a.example.org", "a.b.example.org"]],
  ["an address", "192.0.2.7", ["192.0.2.7"]],
  ["a prefix", "10.1.0.0/16", ["10.1.0.0", "10.1.255.255"]],
  ["an address of IPv6, however it is written", "2001:db8:0::1", ["2001:db8::1"]],
  ["a prefix of IPv6", "2001:db8::/32", ["2001:db8:ffff::1"]],
  ["everything", "*", ["example.org", "192.0.2.7", "::1"]],
])("%s is exempt: %s", (_, entry, hosts) => {
  const list = `localhost , ${entry}\tother.example`;
  expect(hosts.filter((host) => !isExempt(list, host, 443))).toEqual([]);
});

test.each([
  ["a name that only ends alike", "example.org", "notexample.org"],
  ["another name", "gateway.example.org", "example.org"],
  ["a suffix that only looks alike", ".example.org", "example.org.evil.example"],
  ["the next address", "192.0.2.7", "192.0.2.77"],
  ["an address beyond the prefix", "10.1.0.0/16", "10.2.0.0"],
  ["a name where an address is meant", "10.0.0.0/8", "10.example.org"],
  ["an address of the other family", "0.0.0.0/0", "::1"],
  ["a prefix that is none", "10.0.0.0/33", "10.0.0.0"],
  ["nothing", "", "example.org"],
  ["a lonely dot", ".", "example.org"],
])("not %s", (_, list, host) => {
  expect(isExempt(list, host, 443)).toBe(false);
});

test.each([
  ["gateway.example.org:8443", "gateway.example.org"],
  ["192.0.2.7:8443", "192.0.2.7"],
  ["[2001:db8::1]:8443", "2001:db8::1"],
])("%s is exempt at that port alone", (list, host) => {
  expect([isExempt(list, host, 8443), isExempt(list, host, 443)]).toEqual([true, false]);
});
