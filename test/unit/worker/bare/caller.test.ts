/** Whose word on the caller's address is believed. */
import { expect, test } from "vitest";
import { callerAddress } from "../../../../worker/bare/caller.ts";

test.each([
  ["no proxy is trusted", "192.0.2.1:4000", "198.51.100.1", [], "192.0.2.1"],
  ["an untrusted peer names somebody", "192.0.2.1:4000", "198.51.100.1", ["127.0.0.1"], "192.0.2.1"],
  ["the trusted proxy names the caller", "127.0.0.1:4000", "198.51.100.1", ["127.0.0.1"], "198.51.100.1"],
  ["the caller made up an entry", "127.0.0.1:4000", "10.0.0.1, 198.51.100.1", ["127.0.0.1"], "198.51.100.1"],
  ["two proxies in a row", "127.0.0.1:4000", "198.51.100.1, 192.0.2.9", ["127.0.0.1", "192.0.2.9"], "198.51.100.1"],
  ["the proxy names nobody", "127.0.0.1:4000", null, ["127.0.0.1"], "127.0.0.1"],
  ["an IPv6 peer", "[2001:db8::1]:4000", null, [], "2001:db8::1"],
  ["an IPv4 peer on an IPv6 socket", "[::ffff:127.0.0.1]:4000", "198.51.100.1", ["127.0.0.1"], "198.51.100.1"],
])("%s", (_, peer, forwarded, trusted, caller) => {
  expect(callerAddress(peer, forwarded, trusted)).toBe(caller);
});
