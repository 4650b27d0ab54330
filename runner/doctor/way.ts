/** The bare connection to the gateway's port, as everything of the runner takes it: through the site's proxy, or directly. */
import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { wayTo } from "../proxy.ts";
import { TunnelAgent } from "../tunnel-agent.ts";

const CONNECT_MS = 10_000;

/** Throws `ProxyError`, or the system's error. */
export async function reach(gateway: URL): Promise<Duplex> {
  const host = hostOf(gateway);
  const port = Number(gateway.port || (gateway.protocol === "https:" ? 443 : 80));
  const { agent } = wayTo(gateway);
  if (agent !== undefined) {
    return new Promise((resolve, reject) => {
      // Whatever is spoken in it, here it stays bare.
      new TunnelAgent(agent.proxy, "http:").createConnection({ host, port }, (error, stream) =>
        stream === undefined ? reject(error) : resolve(stream),
      );
    });
  }
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_MS) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}
