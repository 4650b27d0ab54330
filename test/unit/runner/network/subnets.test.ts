/** A subnet for each job, the bridge that it is on, and what the node is connected to. */
import { expect, test } from "vitest";
import { bridgePrefix, isJobBridge } from "../../../../runner/network/bridges.ts";
import { hasBridge, nodePrefixes } from "../../../../runner/network/node-prefixes.ts";
import { parseRange, type Range } from "../../../../runner/network/ranges.ts";
import { resolversIn } from "../../../../runner/network/resolvers.ts";
import { freeSubnet, holdsSubnet } from "../../../../runner/network/subnets.ts";

const range = (text: string): Range => parseRange(text) ?? { first: 0, last: -1 };
const POOLS = ["10.214.0.0/27", "192.168.7.0/28"].map(range);

test.each([
  [[], { number: 0, cidr: "10.214.0.0/28", gateway: "10.214.0.1" }],
  [["10.214.0.0/28"], { number: 1, cidr: "10.214.0.16/28", gateway: "10.214.0.17" }],
  [["10.214.0.19"], { number: 0, cidr: "10.214.0.0/28", gateway: "10.214.0.1" }],
  [["10.214.0.0/24"], { number: 2, cidr: "192.168.7.0/28", gateway: "192.168.7.1" }],
  [["10.214.0.0/24", "192.168.7.15"], null],
])("with %j taken the next is %j", (taken, expected) => {
  expect(freeSubnet(POOLS, taken.map(range))).toEqual(expected);
});

test("a prefix that is smaller than a subnet holds none", () => {
  expect([holdsSubnet(range("10.0.0.0/28")), holdsSubnet(range("10.0.0.0/29"))]).toEqual([true, false]);
});

test("a bridge's name says whose rules it has, and the kernel takes it", () => {
  const longest = `${bridgePrefix("internet", "0123456789abcdef")}99999`;
  expect(longest).toBe("ui012345-99999");
  expect([isJobBridge(longest), isJobBridge("us012345-0"), isJobBridge("uplink0")]).toEqual([true, true, false]);
  expect(longest.length).toBeLessThanOrEqual(15);
});

test("the node's networks are told apart from its jobs' bridges", () => {
  const interfaces = {
    lo: [{ cidr: "127.0.0.1/8" }],
    eth0: [{ cidr: "192.0.2.2/24" }, { cidr: "fe80::1/64" }, { cidr: null }],
    "ui012345-3": [{ cidr: "10.214.0.49/28" }],
    gone: undefined,
  };
  expect(nodePrefixes(interfaces)).toEqual({
    connected: [
      { name: "lo", range: range("127.0.0.0/8") },
      { name: "eth0", range: range("192.0.2.0/24") },
    ],
    bridges: [range("10.214.0.48/28")],
  });
  expect(hasBridge("ui012345-3", "10.214.0.49", interfaces)).toBe(true);
  expect(hasBridge("ui012345-3", "10.214.0.4", interfaces)).toBe(false);
  expect(hasBridge("ui012345-4", "10.214.0.49", interfaces)).toBe(false);
  expect(hasBridge("eth0", "192.0.2.2", interfaces)).toBe(false);
});

test.each([
  ["nameserver 127.0.0.53\noptions edns0", []],
  ["# nameserver 9.9.9.9\nsearch inside.example\nnameserver 10.0.0.53\nnameserver ::1\n", ["10.0.0.53"]],
  [
    "nameserver 1.0.0.1\nnameserver 1.0.0.2\n nameserver 1.0.0.3\nnameserver 1.0.0.4",
    ["1.0.0.1", "1.0.0.2", "1.0.0.3"],
  ],
])("of %j a job can ask %j", (text, expected) => {
  expect(resolversIn(text)).toEqual(expected);
});
