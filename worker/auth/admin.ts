/** Who an administrator is by the token of the call; several tokens may be valid at once. */
import { GatewayError } from "../http/errors.ts";
import type { Administrator, AdminToken } from "./admin-token.ts";
import { bearerOf } from "./ucloud.ts";

/** @throws GatewayError `unauthorized`. */
export async function administratorOf(request: Request, adminTokens: AdminToken[]): Promise<Administrator> {
  const given = await digest(bearerOf(request) ?? "");
  // Digests of equal length are all compared, without an early end, so that time tells nothing about the tokens.
  let found: Administrator | null = null;
  for (const { name, role, token } of adminTokens) {
    const isGood = crypto.subtle.timingSafeEqual(given, await digest(token));
    found = isGood && found === null ? { name, role } : found;
  }
  if (found === null) {
    throw new GatewayError("unauthorized", "An administrator's token is missing or wrong.");
  }
  return found;
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
