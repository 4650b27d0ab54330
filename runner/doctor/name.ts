/** Whether this machine knows the gateway's name. Behind a proxy it need not: then the proxy looks it up. */
import { lookup } from "node:dns/promises";
import { codeOf } from "../error-code.ts";
import { wayTo } from "../proxy.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, note, skipped } from "./finding.ts";
import { hostOf } from "./way.ts";

const ADVICE = "Correct the gateway's address, or the machine's resolver (/etc/resolv.conf).";

export async function checkName({ gateway }: Examination): Promise<Found[]> {
  if (gateway === null) {
    return [skipped("no gateway is known yet", "Enrol, or name one: doctor --gateway URL")];
  }
  const host = hostOf(gateway);
  try {
    const addresses = await lookup(host, { all: true });
    return [good(`${host} is at ${addresses.map(({ address }) => address).join(", ")}`)];
  } catch (error) {
    const found = `nobody here knows ${host} (${codeOf(error)})`;
    return [wayTo(gateway).agent === undefined ? bad(found, ADVICE) : note(found, "It is enough that the proxy does.")];
  }
}
