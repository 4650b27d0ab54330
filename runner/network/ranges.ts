/** Parts of the IPv4 address space as pairs of numbers. Pure. */
import { isIPv4, isIPv6 } from "node:net";

/** Both ends belong to it. */
export type Range = { first: number; last: number };

const WIDTH = 32;
const V6_WIDTH = 128;

/** `10.0.0.0/8`, or a single address. null: it is no such thing, or its address is not the first of its prefix. */
export function parseRange(text: string): Range | null {
  const [address = "", bits = String(WIDTH), ...rest] = text.split("/");
  const length = Number(bits);
  if (rest.length > 0 || !isIPv4(address) || !/^\d{1,2}$/.test(bits) || length > WIDTH) {
    return null;
  }
  const first = numberOf(address);
  const size = 2 ** (WIDTH - length);
  return first % size === 0 ? { first, last: first + size - 1 } : null;
}

/** A prefix or an address of IPv6. */
export function isIpv6Range(text: string): boolean {
  const [address = "", bits = String(V6_WIDTH), ...rest] = text.split("/");
  return rest.length === 0 && isIPv6(address) && /^\d{1,3}$/.test(bits) && Number(bits) <= V6_WIDTH;
}

/** The prefix in which an interface has its address. */
export function prefixOf(cidr: string): Range | null {
  const [address = "", bits = ""] = cidr.split("/");
  if (!isIPv4(address)) {
    return null;
  }
  const size = 2 ** (WIDTH - Number(bits));
  const first = Math.floor(numberOf(address) / size) * size;
  return { first, last: first + size - 1 };
}

export function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

export function overlaps(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** The same addresses in as few ranges as possible, in order. */
export function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before !== undefined && first <= before.last + 1) {
      before.last = Math.max(before.last, last);
    } else {
      result.push({ first, last });
    }
  }
  return result;
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
