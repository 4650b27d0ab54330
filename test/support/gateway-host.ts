/**
 * What the gateway runs on: bare workerd, which starts in a quarter of the time, or `wrangler dev` for all tests by
 * `GATEWAY=wrangler` in the environment. Some tests are always on the one or the other.
 */
import { join } from "node:path";

const PROJECT = new URL("../..", import.meta.url).pathname;

type Place = { stateDir: string; envFile: string; port: number };

export type GatewayHost = {
  /** For Node. */
  args(place: Place): string[];
  /** The folder of its queues in the state folder. */
  queues: string;
};

export const wrangler: GatewayHost = {
  args: ({ stateDir, envFile, port }) => [
    ...[join(PROJECT, "node_modules/wrangler/bin/wrangler.js"), "dev", "--ip", "127.0.0.1", "--port", String(port)],
    ...["--inspector-port", "0", "--persist-to", stateDir, "--env-file", envFile],
    ...["--show-interactive-dev-session", "false"],
  ],
  queues: "v3/do/ucloud-edge-JobQueue",
};

export const bare: GatewayHost = {
  args: ({ stateDir, envFile, port }) => [
    ...[join(PROJECT, "scripts/gateway.ts"), "--state", stateDir, "--port", String(port), "--env-file", envFile],
  ],
  queues: "objects/ucloud-edge-JobQueue",
};

export function defaultHost(): GatewayHost {
  return process.env.GATEWAY === "wrangler" ? wrangler : bare;
}
