/** The networks of a node's jobs: with the machine's nftables, or with a kernel that is scripted. */
import { JobNetworks, type NetworkSettings } from "../../runner/network/job-networks.ts";
import { createNft } from "../../runner/network/nft.ts";
import { REAL_TIMERS } from "../../runner/timers.ts";

type Parts = ConstructorParameters<typeof JobNetworks>[0];

export function jobNetworks(
  settings: Partial<NetworkSettings> = {},
  change: Partial<Omit<Parts, "settings">> = {},
): JobNetworks {
  return new JobNetworks({
    settings: {
      ...{ networks: ["internet"], "job-subnets": ["10.214.0.0/16"], "job-resolvers": [], deny: [] },
      ...settings,
    },
    ...{ stateFolder: "00112233445566aa", nft: createNft(), timers: REAL_TIMERS },
    log: { info() {}, warn() {}, error() {} },
    ...change,
  });
}
