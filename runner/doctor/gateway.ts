/** Whether the gateway is well, and whether it has the same time. */
import { askGateway } from "../gateway-request.ts";
import { troubleOf } from "../way-trouble.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, skipped } from "./finding.ts";

const ASK_MS = 10_000;
/** A token that is dated this wrong is refused at first; the runner then sets itself by the gateway. */
const CLOCK_MS = 60_000;

export async function checkGateway({ gateway }: Examination): Promise<Found[]> {
  if (gateway === null) {
    return [skipped("no gateway is known yet")];
  }
  const { origin } = gateway;
  try {
    const { status } = await askGateway(`${origin}/healthz`, { timeoutMs: ASK_MS });
    return [
      status === 200
        ? good(`${origin} answers`)
        : bad(`${origin} answers ${status}`, "Its operator finds the reason at /healthz."),
    ];
  } catch (error) {
    return [bad(`${origin}: ${troubleOf(error)}`, "Check the firewall's way out to this address.")];
  }
}

/** A gateway that is not well has a clock all the same. */
export async function checkClock({ gateway }: Examination): Promise<Found[]> {
  const beforeMs = Date.now();
  const answer = gateway && (await askGateway(`${gateway.origin}/healthz`, { timeoutMs: ASK_MS }).catch(() => null));
  const theirs = Date.parse(answer?.date ?? "");
  if (Number.isNaN(theirs)) {
    return [skipped("the gateway does not say its time")];
  }
  const offMs = Math.abs(theirs - beforeMs);
  return [
    offMs <= CLOCK_MS
      ? good("agrees with the gateway's")
      : bad(`${Math.round(offMs / 1000)} s from the gateway's`, "Set up time synchronisation (chrony)."),
  ];
}
