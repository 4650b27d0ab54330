/** A command in a network namespace of its own, and how much it sent. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const PROJECT = new URL("../..", import.meta.url).pathname;

/** A network of its own, whose only way out is a cable that ends nowhere: whatever asks for anything is counted. */
const IN_OWN_NETWORK = `
  echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
  echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
  busybox ip link set lo up
  busybox ip link add out type veth peer name nowhere
  busybox ip addr add 192.0.2.1/24 dev out
  busybox ip link set nowhere up
  busybox ip link set out up
  busybox ip route add default via 192.0.2.2
  "$@"
  echo "exit $?"
  grep out: /proc/net/dev
`;

/** `lines`: what it printed, then `exit CODE`. `sent`: packets that wanted to leave. */
export async function inOwnNetwork(...command: string[]): Promise<{ lines: string[]; sent: number }> {
  const { stdout } = await promisify(execFile)("unshare", ["--net", "sh", "-c", IN_OWN_NETWORK, "sh", ...command], {
    cwd: PROJECT,
  });
  const lines = stdout.trim().split("\n");
  const counters = lines.at(-1)?.trim().split(/\s+/).slice(1).map(Number) ?? [];
  // Of what is sent: packets, errors, drops and those without a carrier.
  const sent = [9, 10, 11, 14].reduce((sum, column) => sum + (counters[column] ?? Number.NaN), 0);
  return { lines, sent };
}
