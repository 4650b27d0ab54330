/**
 * UCloud/Core's token. The provider's own access token is signed by the same key pair, so issuer, subject and role are
 * what tells them apart. Whether it is still good in time is checked at every call, the rest once per identical token and
 * settings.
 */
import { decodeProtectedHeader, importSPKI, importX509, jwtVerify } from "jose";
import { GatewayError } from "../http/errors.ts";
import { checkedTokens } from "../isolate.ts";

const ISSUER = "cloud.sdu.dk";
const SUBJECT = "_UCloud";
const ROLE = "SERVICE";
const ALGORITHM = "RS256";
/** Core's tokens have about 700 bytes. */
const MAX_TOKEN_CHARS = 8_192;

export function checkUcloudToken(request: Request, publicKeys: string[], nowMs: number): Promise<void> {
  return checkUcloudBearer(bearerOf(request), publicKeys, nowMs);
}

/** @throws GatewayError `unauthorized`. */
export async function checkUcloudBearer(token: string | null, publicKeys: string[], nowMs: number): Promise<void> {
  if (token === null || token.length > MAX_TOKEN_CHARS) {
    throw new GatewayError("unauthorized", "A token of UCloud is missing.");
  }
  const known = checkedTokens.get(token);
  const isGood = known?.publicKeys === publicKeys ? known.exp * 1000 > nowMs : await verify(token, publicKeys, nowMs);
  if (!isGood) {
    throw new GatewayError("unauthorized", "The token is not a valid one of UCloud.");
  }
}

export function bearerOf(request: Request): string | null {
  const [, token] = /^Bearer (\S+)$/.exec(request.headers.get("Authorization") ?? "") ?? [];
  return token ?? null;
}

async function verify(token: string, publicKeys: string[], nowMs: number): Promise<boolean> {
  if (algorithmOf(token) !== ALGORITHM) {
    return false;
  }
  for (const text of publicKeys) {
    try {
      const { payload } = await jwtVerify(token, await keyOf(text), {
        algorithms: [ALGORITHM],
        currentDate: new Date(nowMs),
      });
      if (!hasGoodClaims(payload, nowMs)) {
        return false;
      }
      checkedTokens.set(token, { publicKeys, exp: payload.exp });
      return true;
    } catch {
      // Another key may fit.
    }
  }
  return false;
}

type Claims = { iss?: unknown; sub?: unknown; role?: unknown; exp?: unknown };

function hasGoodClaims<C extends Claims>(claims: C, nowMs: number): claims is C & { exp: number } {
  const { iss, sub, role, exp } = claims;
  return iss === ISSUER && sub === SUBJECT && role === ROLE && typeof exp === "number" && exp * 1000 > nowMs;
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}

/** A PEM certificate, a PEM public key, or the bare base64 of a public key as UCloud shows it. */
function keyOf(text: string) {
  if (text.includes("BEGIN CERTIFICATE")) {
    return importX509(text, ALGORITHM);
  }
  const pem = text.includes("BEGIN") ? text : `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----`;
  return importSPKI(pem, ALGORITHM);
}
