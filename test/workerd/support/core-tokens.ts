/** Tokens as UCloud/Core signs them, and such as it never would. */
import { env } from "cloudflare:workers";
import { generateKeyPair, importPKCS8, SignJWT } from "jose";

const LIFE_S = 600;

export type Claims = Partial<{ iss: string; sub: string; role: string; exp: number }>;
export type SigningKey = CryptoKey | Uint8Array;

export const CORE_CLAIMS = { iss: "cloud.sdu.dk", sub: "_UCloud", role: "SERVICE" };

export function coreKey(): Promise<CryptoKey> {
  return importPKCS8(env.CORE_PRIVATE_KEY, "RS256");
}

/** UCloud/Core's own, with which it calls the provider. */
export async function coreToken(claims: Claims = {}): Promise<string> {
  return signToken({ ...CORE_CLAIMS, ...claims }, await coreKey());
}

export function signToken({ exp, ...claims }: Claims, key: SigningKey, alg = "RS256"): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000);
  return new SignJWT({ ...claims, principalType: "service", aud: ["all:write"] })
    .setProtectedHeader({ alg, typ: "JWT" })
    .setIssuedAt(nowS)
    .setExpirationTime(exp ?? nowS + LIFE_S)
    .sign(key);
}

export async function strangersKey(alg = "RS256"): Promise<CryptoKey> {
  return (await generateKeyPair(alg)).privateKey;
}
