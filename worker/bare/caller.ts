/** Who calls, where no platform says so: the peer of the connection, or the one that a proxy of the site's names. */

/**
 * Each proxy appends whom it saw, so the list is read from its end, and only as far as those who wrote it are trusted:
 * whatever stands before that the caller may have made up.
 */
export function callerAddress(peer: string, forwarded: string | null, trusted: readonly string[]): string {
  const hops = (forwarded ?? "").split(",").map(addressOf);
  let caller = addressOf(peer);
  while (trusted.includes(caller)) {
    const before = hops.pop();
    if (before === undefined || before === "") {
      return caller;
    }
    caller = before;
  }
  return caller;
}

/** Without a port and brackets; an IPv4 address that came over an IPv6 socket is itself. */
function addressOf(text: string): string {
  const bare = text.trim().replace(/^\[(.*)\](:\d+)?$/, "$1");
  const address = /^[^:]*:\d+$/.test(bare) ? bare.slice(0, bare.indexOf(":")) : bare;
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
}
