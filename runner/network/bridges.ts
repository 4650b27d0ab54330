/**
 * The names of jobs' bridges. They say to which rules a bridge belongs, so the rules stand before a bridge does: the
 * kind of network, the state folder, and the subnet's number. The kernel takes 15 characters.
 */
import type { JobNetwork } from "../../shared/plan.ts";

const KINDS = { internet: "ui", site: "us" } as const satisfies Record<JobNetwork, string>;
const BRIDGE = /^u[is][0-9a-f]{6}-\d{1,6}$/;

export function bridgePrefix(network: JobNetwork, stateFolder: string): string {
  return `${KINDS[network]}${stateFolder.slice(0, 6)}-`;
}

/** Of this or another runner. */
export function isJobBridge(name: string): boolean {
  return BRIDGE.test(name);
}
