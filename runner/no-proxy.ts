/**
 * `NO_PROXY`, read as curl and Go read it: a name stands for itself and what is below it, an address or a prefix for its
 * addresses, each at one port or at all. Names are never looked up for it. Pure.
 */
import { BlockList, isIP } from "node:net";

export function isExempt(list: string, host: string, port: number): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const { name, only } = parsed(entry);
      return (only === null || only === port) && matches(name, host.toLowerCase());
    });
}

/** IPv6 has colons of its own: with a port it stands in brackets. */
function parsed(entry: string): { name: string; only: number | null } {
  const [, name = entry, port] = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry) ?? /^([^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  return { name, only: port === undefined ? null : Number(port) };
}

function matches(name: string, host: string): boolean {
  const [address = "", bits] = name.split("/");
  if (isIP(address) !== 0) {
    return isIP(host) === isIP(address) && isWithin(host, address, bits);
  }
  const domain = name.replace(/^\*?\./, "");
  return name === "*" || (domain !== "" && (host === domain || host.endsWith(`.${domain}`)));
}

/** Both of the same family. */
function isWithin(host: string, address: string, bits: string | undefined): boolean {
  const [family, width] = isIP(address) === 4 ? (["ipv4", 32] as const) : (["ipv6", 128] as const);
  if (bits !== undefined && !(/^\d+$/.test(bits) && Number(bits) <= width)) {
    return false;
  }
  const prefix = new BlockList();
  prefix.addSubnet(address, Number(bits ?? width), family);
  return prefix.check(host, family);
}
