/** Why the gateway was not reached, in one sentence, by the error's code alone: its words can quote anything. */
import { codeOf } from "./error-code.ts";
import { ProxyError } from "./tunnel-agent.ts";

/** Nobody whom this machine believes has signed it. */
const UNTRUSTED = [
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_UNTRUSTED",
  "CERT_SIGNATURE_FAILURE",
  "INVALID_CA",
];
const UNTIMELY = ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"];
/** Given up by who asked. */
const GIVEN_UP = "ABORT_ERR";

export function troubleOf(error: unknown): string {
  if (error instanceof ProxyError) {
    return proxyTrouble(error);
  }
  const code = codeOf(error);
  if (code === null || code === GIVEN_UP) {
    return "the gateway does not answer";
  }
  return certificateTrouble("the gateway", code) ?? `the gateway does not answer (${code})`;
}

function proxyTrouble({ proxy, code }: ProxyError): string {
  const name = `the proxy ${proxy}`;
  if (code === "407") {
    return `${name} wants other credentials (407)`;
  }
  if (/^5\d\d$/.test(code)) {
    return `${name} does not reach the gateway (${code})`;
  }
  if (/^\d+$/.test(code)) {
    return `${name} refuses the way to the gateway (${code})`;
  }
  if (code === "ETIMEDOUT") {
    return `${name}, or the gateway behind it, does not answer`;
  }
  return certificateTrouble(name, code) ?? `${name} cannot be reached (${code})`;
}

function certificateTrouble(whose: string, code: string): string | null {
  if (UNTRUSTED.includes(code)) {
    return `${whose} has a certificate of an authority that is not trusted here (${code}): see ca-file`;
  }
  if (UNTIMELY.includes(code)) {
    return `${whose} has a certificate that is not valid now (${code})`;
  }
  return code === "ERR_TLS_CERT_ALTNAME_INVALID" ? `${whose} has a certificate for another name` : null;
}
