/** What the node is connected to, and what its jobs' bridges have taken. */
import { networkInterfaces } from "node:os";
import { isJobBridge } from "./bridges.ts";
import { prefixOf, type Range } from "./ranges.ts";

export type NodePrefixes = { connected: { name: string; range: Range }[]; bridges: Range[] };

type Interfaces = Record<string, readonly { cidr: string | null }[] | undefined>;

/** Interfaces that are up; an address of one that is down is refused as the node's own all the same. */
export function nodePrefixes(interfaces: Interfaces = networkInterfaces()): NodePrefixes {
  const all = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ cidr }) => prefixOf(cidr ?? "") ?? []).map((range) => ({ name, range })),
  );
  return {
    connected: all.filter(({ name }) => !isJobBridge(name)),
    bridges: all.filter(({ name }) => isJobBridge(name)).map(({ range }) => range),
  };
}

/** Whether a bridge is in our own network namespace, where our rules are. */
export function hasBridge(name: string, gateway: string, interfaces: Interfaces = networkInterfaces()): boolean {
  return isJobBridge(name) && (interfaces[name] ?? []).some(({ cidr }) => cidr?.startsWith(`${gateway}/`));
}
