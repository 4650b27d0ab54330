/**
 * "The internet" of a test: another network namespace behind the node, with public-looking addresses that the node
 * reaches by a route and not by being connected to them, and something of the node's own to be kept from.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

const run = promisify(execFile);

/** On the node's end of the cable: an address of the node. */
export const NODE_ADDRESS = "198.51.100.1";
/** The other end: a neighbour in a network that the node is connected to. */
export const NEIGHBOUR = "198.51.100.2";
/** Behind it. */
export const PERMITTED = "203.0.113.1";
export const DENIED = "203.0.113.9";
export const INSIDE = "10.99.0.1";
export const METADATA = "169.254.169.254";
export const PORT = 8080;
const ELSEWHERE = [PERMITTED, DENIED, INSIDE, METADATA];
const CABLE = "uctest0";

/** Waits for its end of the cable, then answers on every address that it has. */
const SERVE = `
  ip link set lo up
  until ip link show far >/dev/null 2>&1; do sleep 0.02; done
  for address in ${ELSEWHERE.join(" ")}; do ip addr add $address/32 dev lo; done
  ip addr add ${NEIGHBOUR}/30 dev far
  ip -6 addr add 2001:db8:1::2/64 dev far nodad
  ip link set far up
  echo up
  busybox httpd -p 53 -h /proc/sys/kernel
  exec busybox httpd -f -p ${PORT} -h /proc/sys/kernel
`;

export class Outside {
  readonly #server: ChildProcess;

  private constructor(server: ChildProcess) {
    this.#server = server;
  }

  static async lay(): Promise<Outside> {
    await ip("link", "del", CABLE).catch(() => {});
    const server = spawn("unshare", ["--net", "sh", "-c", SERVE], { stdio: ["ignore", "pipe", "ignore"] });
    await once(server, "spawn");
    await ip("link", "add", CABLE, "type", "veth", "peer", "name", "far");
    await ip("link", "set", "far", "netns", String(server.pid));
    await ip("addr", "add", `${NODE_ADDRESS}/30`, "dev", CABLE);
    await ip("-6", "addr", "add", "2001:db8:1::1/64", "dev", CABLE, "nodad");
    await ip("link", "set", CABLE, "up");
    for (const address of ELSEWHERE) {
      await ip("route", "add", `${address}/32`, "via", NEIGHBOUR);
    }
    if (server.stdout !== null) {
      await once(server.stdout, "data");
    }
    return new Outside(server);
  }

  /** A network that the node is connected to from now on; `cable` goes with it. */
  async connect(cable: string, address: string): Promise<void> {
    await ip("link", "add", cable, "type", "veth", "peer", "name", `${cable}x`);
    await ip("addr", "add", address, "dev", cable);
    await ip("link", "set", `${cable}x`, "up");
    await ip("link", "set", cable, "up");
  }

  async disconnect(cable: string): Promise<void> {
    await ip("link", "del", cable).catch(() => {});
  }

  async remove(): Promise<void> {
    await this.disconnect(CABLE);
    this.#server.kill("SIGKILL");
  }
}

async function ip(...argv: string[]): Promise<void> {
  await run("ip", argv);
}
