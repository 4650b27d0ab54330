/** Which proxy the gateway is reached through, and whether it opens the way there. Its password is never told. */
import { wayTo } from "../proxy.ts";
import { ProxyError } from "../tunnel-agent.ts";
import { troubleOf } from "../way-trouble.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, skipped } from "./finding.ts";
import { reach } from "./way.ts";

export async function checkProxy({ gateway }: Examination): Promise<Found[]> {
  if (gateway === null) {
    return [skipped("no gateway is known yet")];
  }
  const { agent } = wayTo(gateway);
  if (agent === undefined) {
    return [good("none for the gateway")];
  }
  try {
    (await reach(gateway)).destroy();
    return [good(`${agent.proxy.url.host} opens the way to ${gateway.host}`)];
  } catch (error) {
    if (error instanceof ProxyError) {
      return [bad(troubleOf(error), adviceFor(error.code))];
    }
    throw error;
  }
}

function adviceFor(code: string): string {
  switch (code) {
    case "407":
      return "It wants a user and a password: user:password in proxy-auth-file, or percent-encoded in HTTPS_PROXY.";
    case "403":
      return "It forbids the gateway's address: ask who runs it to allow CONNECT to it.";
    case "502":
    case "503":
    case "504":
      return "It cannot get to the gateway: it may not know its name, or be kept from its port.";
    default:
      return "Correct the proxy's address (setting proxy, or HTTPS_PROXY), or name the gateway in NO_PROXY.";
  }
}
