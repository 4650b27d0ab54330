/**
 * The short tokens that the runner's key signs, dated by the gateway's clock so that a wrong one here locks nobody out:
 * one opens a line, the other makes a call outside of lines.
 */
import { type SignedCall, TOKEN_AUDIENCE, TOKEN_ISSUER } from "../shared/proof.ts";
import { publicHalf, signText } from "./identity.ts";

type Signed = { privateKey: string; gatewayMs: number };
/** `relay`: the one log that it opens, instead of a line. */
type Upgrade = Signed & { runner: string; category: string; relay?: string };

export function upgradeToken({ privateKey, gatewayMs, runner, category, relay }: Upgrade): string {
  return signed({ privateKey, gatewayMs }, { sub: runner, category, relay });
}

/** It names its key: the runner may not know yet who it is. */
export function callToken({ privateKey, gatewayMs, call }: Signed & { call: SignedCall }): string {
  return signed({ privateKey, gatewayMs }, { sub: publicHalf(privateKey), call });
}

function signed({ privateKey, gatewayMs }: Signed, claims: object): string {
  const head = encode({ alg: "EdDSA", typ: "JWT" });
  const iat = Math.floor(gatewayMs / 1000);
  const body = encode({ iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, iat, ...claims });
  return `${head}.${body}.${signText(privateKey, `${head}.${body}`).toString("base64url")}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
