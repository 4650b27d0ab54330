/** Whether jobs can have networks: what Podman and the kernel would say to the rules. Changes nothing. */
import { JobNetworks } from "../network/job-networks.ts";
import { createNft } from "../network/nft.ts";
import { REAL_TIMERS } from "../timers.ts";
import { QUIET } from "./engine.ts";
import type { Examination } from "./examination.ts";
import { type Found, good, note } from "./finding.ts";

const ADVICE =
  "Jobs of machine types with a network go to other machines. It takes nftables, netavark and iptables, a rootful " +
  "Podman, and a runner that may set rules; see Networks of jobs in docs/operations.md. networks: none asks for none.";

export async function checkNetworks({ command: { settings }, engine }: Examination): Promise<Found[]> {
  if (settings.networks.length === 0) {
    return [good("none, as set")];
  }
  const networks = new JobNetworks({
    ...{ settings, stateFolder: "0000000000000000", nft: createNft(), timers: REAL_TIMERS, log: QUIET },
  });
  await engine.info().then(
    (info) => networks.look(info),
    () => {},
  );
  const { served, trouble } = networks.status();
  // Nobody may want any.
  return [trouble === null ? good(`${served.join(", ")}, beside none`) : note(`none: ${trouble}`, ADVICE)];
}
