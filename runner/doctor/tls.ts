/**
 * Whether this machine believes the gateway's certificate. The handshake is finished even with one that it does not
 * believe, and nothing is said after it: who has issued it shows whether somebody looks inside on the way.
 */
import { once } from "node:events";
import { isIP } from "node:net";
import tls, { type PeerCertificate, type TLSSocket } from "node:tls";
import { cleanText } from "../../shared/text.ts";
import { codeOf } from "../error-code.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good, note, skipped } from "./finding.ts";
import { hostOf, reach } from "./way.ts";

const HANDSHAKE_MS = 10_000;
const DAY_MS = 86_400_000;
const FEW_DAYS = 14;
const MAX_NAME = 100;

export async function checkTls({ gateway }: Examination): Promise<Found[]> {
  if (gateway === null) {
    return [skipped("no gateway is known yet")];
  }
  try {
    return [await shakeHands(gateway)];
  } catch (error) {
    const advice = `Let this machine out to ${gateway.host}, or set a proxy.`;
    return [bad(`${gateway.host} cannot be reached (${codeOf(error) ?? "no answer"})`, advice)];
  }
}

async function shakeHands(gateway: URL): Promise<Found> {
  const way = await reach(gateway);
  if (gateway.protocol === "http:") {
    way.destroy();
    return note("none: the gateway's address is http", "For trials on one machine only.");
  }
  const host = hostOf(gateway);
  const servername = isIP(host) === 0 ? host : "";
  const line = tls.connect({ socket: way, host, servername, rejectUnauthorized: false });
  try {
    await once(line, "secureConnect", { signal: AbortSignal.timeout(HANDSHAKE_MS) });
    return judge(line.getPeerCertificate(), doubtOf(line), Date.now());
  } catch (error) {
    const advice =
      "What answers there speaks no TLS, or cuts it off: a firewall on the way, or the port of something else.";
    return bad(`no handshake with ${gateway.host} (${codeOf(error) ?? "no answer"})`, advice);
  } finally {
    line.destroy();
    way.destroy();
  }
}

/** The code of what is wrong with the certificate; null: nothing. */
function doubtOf({ authorized, authorizationError }: TLSSocket): string | null {
  if (authorized) {
    return null;
  }
  // Node keeps the code of the one kind, and the whole error of the other.
  const error: unknown = authorizationError;
  return typeof error === "string" ? error : (codeOf(error) ?? "no code");
}

type Certificate = Pick<PeerCertificate, "issuer" | "valid_to">;

/** Pure. */
export function judge({ issuer, valid_to }: Certificate, doubt: string | null, nowMs: number): Found {
  const by = cleanText([issuer?.O ?? issuer?.CN ?? "nobody"].flat().join(", "), MAX_NAME);
  if (doubt !== null) {
    return bad(`the certificate, issued by ${by}, is not believed (${doubt})`, adviceFor(doubt));
  }
  const days = Math.floor((Date.parse(valid_to) - nowMs) / DAY_MS);
  const found = `issued by ${by}, good for ${days} days`;
  return days < FEW_DAYS ? note(found, "The gateway's operator renews it.") : good(found);
}

function adviceFor(code: string): string {
  switch (code) {
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return "The gateway's operator renews it, unless this machine's clock is wrong: see timedatectl.";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "It is for another name: correct the gateway's address.";
    default:
      return "An authority of the site's own, or a firewall that looks inside: name its certificate with ca-file, or NODE_EXTRA_CA_CERTS.";
  }
}
