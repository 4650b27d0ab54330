/** Which networks a node gives to jobs, and when it gives none. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JobNetworks, NetworkSettings } from "../../../../runner/network/job-networks.ts";
import type { NodePrefixes } from "../../../../runner/network/node-prefixes.ts";
import { prefixOf, type Range } from "../../../../runner/network/ranges.ts";
import { jobNetworks } from "../../../support/job-networks.ts";
import { ManualClock, quiet } from "../../../support/manual-clock.ts";
import { aNode, type NodeUnderTest } from "../../../support/node-under-test.ts";
import { ScriptedNft } from "../../../support/scripted-nft.ts";

const ROOTFUL = { rootless: false, networkBackend: "netavark" };
const prefix = (cidr: string): Range => prefixOf(cidr) ?? { first: 0, last: -1 };

let nft: ScriptedNft;
let clock: ManualClock;
let node: NodePrefixes;
let resolvers: string[];
let log: string[];
beforeEach(() => {
  nft = new ScriptedNft();
  clock = new ManualClock();
  node = { connected: [{ name: "eth0", range: prefix("192.0.2.2/24") }], bridges: [] };
  resolvers = ["192.0.2.53"];
  log = [];
});

function given(settings: Partial<NetworkSettings> = {}): JobNetworks {
  const note = (_: object, message: string) => void log.push(message);
  return jobNetworks(settings, {
    ...{ nft: nft.run, timers: clock, prefixes: () => node, resolvers: async () => resolvers },
    log: { info: note, warn: note, error: note },
  });
}

describe("offered", () => {
  test("is what the settings name, as soon as Podman and the kernel would take it, and nothing is set yet", async () => {
    const networks = given({ networks: ["internet", "site"] });
    expect(networks.status()).toEqual({ served: [], trouble: "Podman has not answered yet" });
    await networks.look(ROOTFUL);
    expect(networks.status()).toEqual({ served: ["internet", "site"], trouble: null });
    expect([nft.table, networks.refusal({ network: "site" })]).toEqual([null, null]);
  });

  test("is not what the settings do not name, and no trouble is made of it", async () => {
    const networks = given({ networks: ["internet"] });
    await networks.look(ROOTFUL);
    expect(networks.refusal({ network: "site" })).toEqual({ code: "network_failed" });
    const none = given({ networks: [] });
    await none.look(ROOTFUL);
    expect([none.status(), none.refusal({ network: "none" })]).toEqual([{ served: [], trouble: null }, null]);
    await expect(none.secure()).rejects.toThrow("network_failed");
  });

  test.each([
    ["a rootless Podman", { ...ROOTFUL, rootless: true }, () => {}, /rootless/],
    ["another backend", { ...ROOTFUL, networkBackend: "cni" }, () => {}, /netavark/],
    ["no nft", ROOTFUL, () => (nft.broken = "nft is not installed"), /nft is not installed/],
    ["a kernel that refuses", ROOTFUL, () => (nft.broken = "Error: Operation not permitted"), /not permitted/],
    ["no resolver that jobs reach", ROOTFUL, () => (resolvers = []), /job-resolvers/],
    [
      "a node in job-subnets",
      ROOTFUL,
      () => node.connected.push({ name: "eth1", range: prefix("10.214.9.1/24") }),
      /eth1/,
    ],
  ])("is nothing with %s, and it is said once why", async (_, info, spoil, trouble) => {
    spoil();
    const networks = given();
    await networks.look(info);
    await networks.look(info);
    expect(networks.status()).toEqual({ served: [], trouble: expect.stringMatching(trouble) });
    await expect(networks.secure()).rejects.toThrow("network_failed");
    expect([nft.table, log]).toEqual([null, ["network.not_served"]]);
  });

  test("comes back when what was missing has come", async () => {
    nft.broken = "nft is not installed";
    const networks = given();
    await networks.look(ROOTFUL);
    nft.broken = null;
    await networks.look(ROOTFUL);
    expect(networks.served()).toEqual(["internet"]);
  });
});

describe("the rules, once a job needs them", () => {
  let networks: JobNetworks;
  beforeEach(async () => {
    networks = given({ deny: ["198.51.100.0/24"] });
    await networks.look(ROOTFUL);
    await networks.secure();
  });
  afterEach(() => networks.close());

  test("are in the kernel, with what the node is connected to and what the site denies", () => {
    const [, denied = ""] = nft.table?.match(/set denied_internet \{[^}]*elements = \{([^}]*)/) ?? [];
    expect(denied).toContain("192.0.2.0-192.0.2.255");
    expect(denied).toContain("198.51.100.0-198.51.100.255");
  });

  test("are looked at every ten seconds, set again and said", async () => {
    nft.table = null;
    await clock.advance(10_000);
    await quiet();
    expect([nft.table, log.at(-1)]).toEqual([expect.stringContaining("@denied_internet"), "network.rules_restored"]);
  });

  test("follow the node into another network", async () => {
    node.connected.push({ name: "wg0", range: prefix("203.0.113.65/28") });
    await clock.advance(10_000);
    await quiet();
    expect(nft.table).toContain("203.0.113.64-203.0.113.79");
  });

  test("that cannot be kept close the node to such jobs until they can", async () => {
    nft.broken = "nft did not answer";
    await clock.advance(10_000);
    await quiet();
    expect(networks.status()).toEqual({ served: [], trouble: "nft did not answer" });
    nft.broken = null;
    await clock.advance(10_000);
    await quiet();
    expect(networks.served()).toEqual(["internet"]);
  });

  test("are not looked at any more when the process ends, and stay", async () => {
    networks.close();
    const before = nft.calls.length;
    await clock.advance(60_000);
    await quiet();
    expect([nft.calls.length, nft.table]).toEqual([before, expect.any(String)]);
  });
});

test("the site's proxy is in the rules, and never one that another job could be", async () => {
  const proxy = (address: string) => ({ url: `http://${address}:3128`, address, port: 3128 });
  const networks = given({ "job-proxy": proxy("10.9.8.7") });
  await networks.look(ROOTFUL);
  await networks.secure();
  expect(nft.table).toContain("ip daddr 10.9.8.7 tcp dport 3128 accept");
  networks.close();
  const wrong = given({ "job-proxy": proxy("10.214.9.1") });
  await wrong.look(ROOTFUL);
  expect(wrong.status()).toEqual({ served: [], trouble: "job-proxy lies in job-subnets" });
});

test("a place is one that neither the node nor Podman nor another bridge has", async () => {
  node.bridges = [prefix("10.214.0.17/28")];
  const networks = given();
  expect(networks.place("internet", [prefix("10.214.0.1/28")])).toEqual({
    ...{ number: 2, cidr: "10.214.0.32/28", gateway: "10.214.0.33", bridge: "ui001122-2" },
  });
  expect(() => networks.place("internet", [prefix("10.0.0.0/8")])).toThrow("network_failed");
});

test("a bridge that our rules do not know, or that is not here, is refused", () => {
  const networks = given();
  for (const name of ["ui001122-0", "us001122-0", "ui999999-0", "lo", ""]) {
    expect(() => networks.requireBridge(name, "127.0.0.1")).toThrow("network_failed");
  }
});

test("the gateway is told which networks there are, and when there are none any more", async () => {
  const networks = given();
  const machine: NodeUnderTest = await aNode((one) => {
    one.networks = networks;
  });
  expect(machine.agent.describe("example-compute").capacity.networks).toEqual(["internet"]);
  nft.broken = "nft is not installed";
  await networks.look(ROOTFUL);
  expect(machine.agent.describe("example-compute").capacity).not.toHaveProperty("networks");
  await machine.end();
});
