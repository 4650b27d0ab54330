/** What jobs' networks do not lead to. */
import { describe, expect, test } from "vitest";
import { deniedTo } from "../../../../runner/network/deny-list.ts";
import { overlaps, parseRange, type Range } from "../../../../runner/network/ranges.ts";

const range = (text: string): Range => parseRange(text) ?? { first: 0, last: -1 };
const PLACE = {
  deny: ["198.51.100.0/24", "fd00::/8"],
  pools: [range("203.0.113.0/25")],
  connected: [range("192.0.2.0/24")],
};
const isDenied = (network: "internet" | "site", address: string) =>
  deniedTo(network, PLACE).some((one) => overlaps(one, range(address)));

const NEVER = [
  ...["0.0.0.0", "127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16"],
  ...["192.0.0.192", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "198.51.100.7", "203.0.113.5"],
];
const INSIDE = [
  ...["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1"],
  ...["100.127.255.255", "198.18.0.1", "192.0.2.77"],
];

describe("denied", () => {
  test.each(NEVER)("%s, to every job", (address) => {
    expect([isDenied("internet", address), isDenied("site", address)]).toEqual([true, true]);
  });

  test.each(INSIDE)("%s, to a job that has the internet and not the site", (address) => {
    expect([isDenied("internet", address), isDenied("site", address)]).toEqual([true, false]);
  });

  test.each([
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "223.255.255.255",
    "203.0.113.200",
  ])("%s to nobody", (address) => {
    expect([isDenied("internet", address), isDenied("site", address)]).toEqual([false, false]);
  });
});
