/**
 * What a job's network does not lead to. IPv4 alone: jobs have no IPv6 at all. The node's own addresses are refused
 * besides, whatever they are, because the kernel knows them better than any list.
 */
import type { JobNetwork } from "../../shared/plan.ts";
import { merged, parseRange, type Range } from "./ranges.ts";

/** No place on the internet. */
const NOWHERE = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  // Link-local, and with it the metadata service of clouds.
  "169.254.0.0/16",
  // Multicast, what is reserved, broadcast.
  "224.0.0.0/3",
];
/** Metadata at addresses that look like others. */
const METADATA = ["100.100.100.200/32", "168.63.129.16/32", "192.0.0.0/24"];
const INSIDE = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  // Shared by carriers (CGNAT), and used inside by many.
  "100.64.0.0/10",
  // Measuring equipment.
  "198.18.0.0/15",
];

export type Place = {
  /** The setting `deny`. */
  deny: readonly string[];
  /** The setting `job-subnets`: other jobs. */
  pools: readonly Range[];
  /** Prefixes that the node is connected to. */
  connected: readonly Range[];
};

/** `site` leads to the site's inside, and to what the node is connected to, where `deny` does not name it. */
export function deniedTo(network: JobNetwork, { deny, pools, connected }: Place): Range[] {
  const named = [...NOWHERE, ...METADATA, ...deny, ...(network === "internet" ? INSIDE : [])];
  const ranges = named.flatMap((text) => parseRange(text) ?? []);
  return merged([...ranges, ...pools, ...(network === "internet" ? connected : [])]);
}
