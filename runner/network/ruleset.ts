/**
 * The rules of this runner's jobs as text for nftables, and what must be seen when they are read back. Pure.
 *
 * A packet from a job is judged twice: as the job sent it, before any translation of the node's (`prerouting`), and as it
 * is to leave (`forward`) or to be taken by the node itself (`input`). What the job asked for comes back; nothing else
 * comes in, from another job neither. The table is ours alone: an `accept` in somebody else's cannot undo a refusal.
 */
import { JOB_NETWORKS, type JobNetwork } from "../../shared/plan.ts";
import { bridgePrefix } from "./bridges.ts";
import type { JobProxy } from "./job-proxy.ts";
import { addressOf, merged, parseRange, type Range } from "./ranges.ts";

export type Rules = {
  stateFolder: string;
  denied: Record<JobNetwork, readonly Range[]>;
  pools: readonly Range[];
  resolvers: readonly string[];
  /** Wherever it is, also on the node itself. */
  proxy: JobProxy | null;
};

type Chain = { hook: { name: string; priority: number } | null; rules: readonly string[] };

/** An answer at once, where a program would otherwise wait for minutes. */
const REFUSE = "reject with icmpx admin-prohibited";

export function tableName(stateFolder: string): string {
  return `ucloud_${stateFolder}`;
}

/** By name; a rule's place in its chain is its meaning. */
function chainsOf({ stateFolder, proxy }: Rules): Record<string, Chain> {
  const bridges = JOB_NETWORKS.map((network) => ({ network, name: `"${bridgePrefix(network, stateFolder)}*"` }));
  const permitted = [
    "ip daddr @resolvers meta l4proto { tcp, udp } th dport 53 accept",
    ...(proxy === null ? [] : [`ip daddr ${proxy.address} tcp dport ${proxy.port} accept`]),
  ];
  const judge = bridges.map(({ network, name }) => `iifname ${name} jump from_${network}`);
  const judged = JOB_NETWORKS.map((network): [string, Chain] => [
    `from_${network}`,
    {
      hook: null,
      rules: [
        "meta nfproto != ipv4 drop",
        "ip saddr != @jobs drop",
        ...permitted,
        `fib daddr type != unicast ${REFUSE}`,
        `ip daddr @denied_${network} ${REFUSE}`,
      ],
    },
  ]);
  return {
    ...Object.fromEntries(judged),
    // Before the node translates addresses (-100), after it knows connections (-200).
    prerouting: { hook: { name: "prerouting", priority: -150 }, rules: judge },
    forward: {
      hook: { name: "forward", priority: -10 },
      rules: [...judge, ...bridges.map(({ name }) => `oifname ${name} ct state != { established, related } drop`)],
    },
    input: {
      hook: { name: "input", priority: -10 },
      rules: bridges.flatMap(({ name }) => [
        ...permitted.map((rule) => `iifname ${name} ${rule}`),
        `iifname ${name} drop`,
      ]),
    },
  };
}

function setsOf({ denied, pools, resolvers }: Rules): Record<string, Range[]> {
  return {
    jobs: merged(pools),
    resolvers: merged(resolvers.flatMap((address) => parseRange(address) ?? [])),
    ...Object.fromEntries(JOB_NETWORKS.map((network) => [`denied_${network}`, merged(denied[network])])),
  };
}

function textOf({ first, last }: Range): string {
  return first === last ? addressOf(first) : `${addressOf(first)}-${addressOf(last)}`;
}

/** In one transaction: at no moment is there a table without its rules. */
export function rulesetText(rules: Rules): string {
  const table = tableName(rules.stateFolder);
  const sets = Object.entries(setsOf(rules)).map(
    ([name, ranges]) =>
      `  set ${name} {\n    type ipv4_addr\n    flags interval\n    elements = { ${ranges.map(textOf).join(", ")} }\n  }`,
  );
  const chains = Object.entries(chainsOf(rules)).map(([name, { hook, rules: lines }]) => {
    const head = hook === null ? [] : [`type filter hook ${hook.name} priority ${hook.priority}; policy accept;`];
    return `  chain ${name} {\n${[...head, ...lines].map((line) => `    ${line}\n`).join("")}  }`;
  });
  const body = [...sets, ...chains].join("\n");
  return `table inet ${table} {}\ndelete table inet ${table}\ntable inet ${table} {\n${body}\n}\n`;
}

/** What the kernel must say that it has: chains with their places, how many rules each, and the addresses of each set. */
export type Shape = { chains: Record<string, string>; sets: Record<string, Range[]> };

export function shapeOf(rules: Rules): Shape {
  const chains = Object.entries(chainsOf(rules)).map(([name, { hook, rules: lines }]) => [
    name,
    chainShape(hook, lines.length),
  ]);
  return { chains: Object.fromEntries(chains), sets: setsOf(rules) };
}

export function chainShape(hook: { name: string; priority: number } | null, rules: number): string {
  return hook === null ? `${rules} rules` : `${hook.name} at ${hook.priority}, ${rules} rules`;
}
