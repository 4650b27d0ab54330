/** The rules as text, set and read back. */
import { beforeEach, describe, expect, test } from "vitest";
import { parseRange, type Range } from "../../../../runner/network/ranges.ts";
import { type Rules, rulesetText } from "../../../../runner/network/ruleset.ts";
import { Table } from "../../../../runner/network/table.ts";
import { ScriptedNft } from "../../../support/scripted-nft.ts";

const range = (text: string): Range => parseRange(text) ?? { first: 0, last: -1 };
const RULES = {
  stateFolder: "0123456789abcdef",
  denied: { internet: [range("10.0.0.0/8"), range("203.0.113.9")], site: [range("169.254.0.0/16")] },
  pools: [range("10.214.0.0/16")],
  resolvers: ["192.0.2.53"],
  proxy: null,
};
const lines = (chain: string, rules: Rules = RULES) =>
  rulesetText(rules).split(`  chain ${chain} {\n`)[1]?.split("  }")[0]?.trim().split(/\n\s+/);

describe("the text", () => {
  test("replaces the table in one transaction", () => {
    const text = rulesetText(RULES);
    expect(text.startsWith("table inet ucloud_0123456789abcdef {}\ndelete table inet ucloud_0123456789abcdef\n")).toBe(
      true,
    );
    expect(text).toContain("elements = { 10.0.0.0-10.255.255.255, 203.0.113.9 }");
  });

  test("judges what a job sends before the node translates it, and again on its way out", () => {
    const judged = ['iifname "ui012345-*" jump from_internet', 'iifname "us012345-*" jump from_site'];
    expect(lines("prerouting")).toEqual(["type filter hook prerouting priority -150; policy accept;", ...judged]);
    expect(lines("forward")).toEqual([
      "type filter hook forward priority -10; policy accept;",
      ...judged,
      'oifname "ui012345-*" ct state != { established, related } drop',
      'oifname "us012345-*" ct state != { established, related } drop',
    ]);
  });

  test("lets a job ask names of the resolvers, and nothing of the node, by whatever address", () => {
    expect(lines("from_internet")).toEqual([
      "meta nfproto != ipv4 drop",
      "ip saddr != @jobs drop",
      "ip daddr @resolvers meta l4proto { tcp, udp } th dport 53 accept",
      "fib daddr type != unicast reject with icmpx admin-prohibited",
      "ip daddr @denied_internet reject with icmpx admin-prohibited",
    ]);
    expect(lines("input")?.filter((line) => line.endsWith(" drop"))).toEqual([
      'iifname "ui012345-*" drop',
      'iifname "us012345-*" drop',
    ]);
  });

  test("opens the site's proxy at its address and port alone, before anything is denied, wherever it is", () => {
    const proxy = { url: "http://10.9.8.7:3128", address: "10.9.8.7", port: 3128 };
    const opened = "ip daddr 10.9.8.7 tcp dport 3128 accept";
    const [judged, taken] = [lines("from_internet", { ...RULES, proxy }), lines("input", { ...RULES, proxy })];
    expect(judged).toEqual(lines("from_internet")?.toSpliced(3, 0, opened));
    expect(taken?.filter((line) => line.includes("10.9.8.7"))).toEqual([
      `iifname "ui012345-*" ${opened}`,
      `iifname "us012345-*" ${opened}`,
    ]);
    expect(taken?.findLastIndex((line) => line.endsWith("accept"))).toBeLessThan(
      taken?.lastIndexOf('iifname "us012345-*" drop') ?? 0,
    );
    expect(rulesetText(RULES)).not.toContain("3128");
  });
});

describe("the table", () => {
  let nft: ScriptedNft;
  let table: Table;
  beforeEach(() => {
    nft = new ScriptedNft();
    table = new Table(nft.run);
  });

  test("is set once and then only looked at", async () => {
    expect(await table.secure(RULES)).toBe("set");
    expect(await table.secure(RULES)).toBe("held");
    expect(nft.calls).toEqual(["--file", "--json", "--json"]);
  });

  test("is set again when it is gone, when a rule is gone, and when one was added", async () => {
    await table.secure(RULES);
    for (const change of [() => null, (text: string) => text.replace(/.*@denied_internet.*\n/, ""), added]) {
      nft.table = change(nft.table ?? "");
      expect(await table.secure(RULES)).toBe("restored");
      expect(nft.table).toBe(rulesetText(RULES));
    }
  });

  test("follows other rules", async () => {
    await table.secure(RULES);
    expect(await table.secure({ ...RULES, resolvers: ["192.0.2.54"] })).toBe("set");
    expect(nft.table).toContain("192.0.2.54");
  });

  test.each([
    ["a rule", "    ip saddr != @jobs drop\n"],
    ["an address", ", 203.0.113.9"],
    ["a hook", "    type filter hook input priority -10; policy accept;\n"],
  ])("that is read back without %s does not hold", async (_, lost) => {
    nft.loses = lost;
    await expect(table.secure(RULES)).rejects.toThrow("are not those that were set");
    nft.loses = "";
    expect(await table.secure(RULES)).toBe("set");
  });

  test("a probe changes nothing", async () => {
    await table.probe(RULES);
    expect([nft.table, nft.calls]).toEqual([null, ["--check"]]);
  });
});

function added(text: string): string {
  return text.replace("  chain from_internet {\n", "  chain from_internet {\n    accept\n");
}
