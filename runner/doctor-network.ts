/** Whether jobs can have networks: what Podman and the kernel would say to the rules. Changes nothing. */
import type { Command } from "./commands/command.ts";
import type { Finding } from "./doctor.ts";
import { doctorEngine, QUIET } from "./doctor-engine.ts";
import { JobNetworks } from "./network/job-networks.ts";
import { createNft } from "./network/nft.ts";
import { REAL_TIMERS } from "./timers.ts";

const ADVICE =
  "Jobs of machine types with a network go to other machines. It takes nftables, netavark and iptables, a rootful " +
  "Podman, and a runner that may set rules; see Networks of jobs in docs/operations.md. networks: none asks for none.";

export async function checkNetworks(command: Command): Promise<Finding[]> {
  const { settings } = command;
  if (settings.networks.length === 0) {
    return [{ check: "networks", ok: true, found: "none, as set", advice: "" }];
  }
  const networks = new JobNetworks({
    ...{ settings, stateFolder: "0000000000000000", nft: createNft(), timers: REAL_TIMERS, log: QUIET },
  });
  await doctorEngine(command)
    .info()
    .then(
      (info) => networks.look(info),
      () => {},
    );
  const { served, trouble } = networks.status();
  return [
    trouble === null
      ? { check: "networks", ok: true, found: `${served.join(", ")}, beside none`, advice: "" }
      : // Nobody may want any.
        { check: "networks", ok: true, found: `none: ${trouble}`, advice: ADVICE },
  ];
}
