/** The short token that opens a line, dated by the gateway's clock so that a wrong one here locks nobody out. */
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from "../shared/proof.ts";
import { signText } from "./identity.ts";

/** `relay`: the one log that it opens, instead of a line. */
type Claims = { privateKey: string; runner: string; category: string; gatewayMs: number; relay?: string };

export function upgradeToken({ privateKey, runner, category, gatewayMs, relay }: Claims): string {
  const head = encode({ alg: "EdDSA", typ: "JWT" });
  const iat = Math.floor(gatewayMs / 1000);
  const body = encode({ iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, sub: runner, category, iat, relay });
  return `${head}.${body}.${signText(privateKey, `${head}.${body}`).toString("base64url")}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
