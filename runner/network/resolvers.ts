/**
 * Who answers a job's questions for names. A name service inside the site is reached by its own exact address, at port
 * 53 alone; one on the node's loopback is out of a job's reach.
 */
import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";

/** The second is what systemd's own resolver asks, where the first names nothing but that. */
const FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
/** A resolver library asks no more. */
const MAX_RESOLVERS = 3;

/** Pure. In order; those that a job cannot reach are left out. */
export function resolversIn(text: string): string[] {
  const words = text.split("\n").map((line) => line.trim().split(/\s+/));
  const named = words.flatMap(([word, address = ""]) => (word === "nameserver" ? [address] : []));
  return named.filter((address) => isIPv4(address) && !/^(127|0)\./.test(address)).slice(0, MAX_RESOLVERS);
}

/** The node's own, or none that a job could reach. */
export async function nodeResolvers(files: readonly string[] = FILES): Promise<string[]> {
  for (const file of files) {
    const found = resolversIn(await readFile(file, "utf8").catch(() => ""));
    if (found.length > 0) {
      return found;
    }
  }
  return [];
}
