/**
 * Whether an upgrade arrives at the gateway: proxies and firewalls let requests pass and take out what makes a WebSocket
 * of them. Asked by nobody for nothing, so that it can be tried before the enrolment: a gateway that refuses it as such
 * has heard it.
 */
import { type Identity, newKeyPair } from "../identity.ts";
import { dialOnce } from "./dial.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, skipped } from "./finding.ts";

const PASS = "Let WebSockets pass on the way (Upgrade, Connection), or go around it with another proxy or NO_PROXY.";
/** Of a gateway that knows neither caller nor category, or has heard too many. */
const HEARD = [401, 403, 404, 429];

export async function checkWebSocket({ gateway }: Examination): Promise<Found[]> {
  if (gateway === null) {
    return [skipped("no gateway is known yet")];
  }
  const answer = await dialOnce(nobodyAt(gateway), "", Date.now());
  switch (answer.is) {
    case "open":
      return [good("passes")];
    case "refused":
      if (HEARD.includes(answer.status)) {
        return [good("passes")];
      }
      return [
        answer.status === 426
          ? bad("the gateway hears a request without its upgrade (426)", PASS)
          : bad(`is answered with ${answer.status}`, PASS),
      ];
    case "failed":
      return [bad(`does not pass (${answer.code})`, PASS)];
  }
}

function nobodyAt({ origin }: URL): Identity {
  const { privateKey } = newKeyPair();
  return { gateway: origin, providerId: "", runner: { id: "doctor", name: "doctor" }, categories: [], privateKey };
}
