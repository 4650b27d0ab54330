/**
 * A runner's token: a short JWT signed by its key. That of an upgrade opens the line only; who sits at its other end is
 * proven there, by signing the queue's nonce. That of a call outside of a line names its key and what is asked.
 */
import { decodeJwt, importJWK, type JWTPayload, jwtVerify } from "jose";
import { type SignedCall, TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_MAX_AGE_S } from "../../shared/proof.ts";
import { GatewayError } from "../http/errors.ts";
import { PUBLIC_KEY } from "../runner/public-key.ts";
import { bearerOf } from "./ucloud.ts";

const MAX_TOKEN_CHARS = 2_048;
const WRONG = "The runner's token is missing, wrong or too old.";

/** `relay`: the one log that the token opens; null for a line to a queue. */
export type UpgradeClaim = { runnerId: string; token: string; relay: string | null };

/** Form and age, before anybody is asked. @throws GatewayError `unauthorized`. */
export function readUpgradeToken(request: Request, category: string, nowMs: number): UpgradeClaim {
  const { token, sub, claims } = readToken(request, nowMs);
  if (claims.category !== category) {
    throw new GatewayError("unauthorized", WRONG);
  }
  return { runnerId: sub, token, relay: typeof claims.relay === "string" ? claims.relay : null };
}

/** Likewise, of a call outside of a line. `publicKey` is what it is to be verified with. */
export function readCallToken(request: Request, call: SignedCall, nowMs: number): { publicKey: string; token: string } {
  const { token, sub, claims } = readToken(request, nowMs);
  if (claims.call !== call || !PUBLIC_KEY.test(sub)) {
    throw new GatewayError("unauthorized", WRONG);
  }
  return { publicKey: sub, token };
}

function readToken(request: Request, nowMs: number): { token: string; sub: string; claims: JWTPayload } {
  const token = bearerOf(request);
  if (token === null || token.length > MAX_TOKEN_CHARS) {
    throw new GatewayError("unauthorized", WRONG);
  }
  try {
    const claims = decodeJwt(token);
    const ageS = Math.abs(nowMs / 1000 - (claims.iat ?? 0));
    const isMeant = claims.iss === TOKEN_ISSUER && claims.aud === TOKEN_AUDIENCE;
    if (isMeant && ageS <= TOKEN_MAX_AGE_S && typeof claims.sub === "string") {
      return { token, sub: claims.sub, claims };
    }
  } catch {
    // No JWT at all.
  }
  throw new GatewayError("unauthorized", WRONG);
}

/** `publicKey` is the raw Ed25519 key in base64. @throws GatewayError `unauthorized`. */
export async function verifyToken({ token }: { token: string }, publicKey: string, nowMs: number): Promise<void> {
  try {
    const x = publicKey.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    const key = await importJWK({ kty: "OKP", crv: "Ed25519", x }, "EdDSA");
    const currentDate = new Date(nowMs);
    await jwtVerify(token, key, { algorithms: ["EdDSA"], currentDate, clockTolerance: TOKEN_MAX_AGE_S });
  } catch {
    throw new GatewayError("unauthorized", WRONG);
  }
}
