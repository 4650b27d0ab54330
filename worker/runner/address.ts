/** Where a caller is: the one place in which its address is read, and what a runner may be held to. */
import * as z from "zod/mini";

export const cidrSchema = z.union(
  [z.cidrv4(), z.cidrv6()],
  "This must be a network such as 192.0.2.0/24 or 2001:db8::/32.",
);

export function addressOf(request: Request): string {
  return request.headers.get("CF-Connecting-IP") ?? "unknown";
}

/** `cidr` null: from anywhere. */
export function mayCallFrom(address: string, cidr: readonly string[] | null): boolean {
  return cidr === null || cidr.some((network) => liesIn(address, network));
}

function liesIn(address: string, network: string): boolean {
  const [first = "", length = ""] = network.split("/");
  const bits = bitsOf(address);
  const wanted = bitsOf(first);
  return bits.length === wanted.length && bits.length > 0 && bits.startsWith(wanted.slice(0, Number(length)));
}

/** 32 or 128 digits; none for what is no address. An IPv4 address in IPv6's clothes is one of IPv4. */
function bitsOf(address: string): string {
  const plain = address.toLowerCase().startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
  if (z.ipv4().safeParse(plain).success) {
    return digits(plain.split(".").map(Number), 8);
  }
  return z.ipv6().safeParse(plain).success && !plain.includes(".")
    ? digits(
        groupsOf(plain).map((group) => Number.parseInt(group, 16)),
        16,
      )
    : "";
}

function digits(parts: number[], length: number): string {
  return parts.map((part) => part.toString(2).padStart(length, "0")).join("");
}

/** The eight groups of an IPv6 address. */
export function groupsOf(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...new Array<string>(zeros).fill("0"), ...after];
}

/** Whoever has one IPv6 address has the whole /64. */
export function callerKey(address: string): string {
  if (!address.includes(":") || address.includes(".")) {
    return address;
  }
  const groups = groupsOf(address).slice(0, 4);
  return `${groups.map((group) => group.toLowerCase().replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
