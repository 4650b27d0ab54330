/** Networks of jobs that are not known any more: left by a process that was killed, or by a machine that restarted. */
import type { Context } from "../attempt/context.ts";
import type { Holdings } from "../holdings.ts";
import { errorFields } from "../log.ts";

/** A create in progress has its attempt in `holdings` before its network is made. */
export async function sweepNetworks({ engine, log }: Context, holdings: Holdings): Promise<void> {
  await engine
    .sweepNetworks((name) => holdings.names().has(name))
    .catch((error) => log.warn(errorFields(error), "network.leftovers_not_removed"));
}
