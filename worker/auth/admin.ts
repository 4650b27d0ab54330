/** The administrators' token; several may be valid at once, so that it can be replaced without a gap. */
import { GatewayError } from "../http/errors.ts";
import { bearerOf } from "./ucloud.ts";

/** @throws GatewayError `unauthorized`. */
export async function checkAdminToken(request: Request, adminTokens: string[]): Promise<void> {
  const given = await digest(bearerOf(request) ?? "");
  // Digests of equal length are compared without an early end, so that time tells nothing about the token.
  let isGood = false;
  for (const token of adminTokens) {
    isGood = crypto.subtle.timingSafeEqual(given, await digest(token)) || isGood;
  }
  if (!isGood) {
    throw new GatewayError("unauthorized", "An administrator's token is missing or wrong.");
  }
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
