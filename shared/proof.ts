/**
 * How a runner proves who it is. The upgrade carries a short token signed by its key; on the open socket it signs the
 * queue's nonce, so that a recorded token opens nothing. Both are Ed25519.
 */

export const SUBPROTOCOL = "ucloud-runner.v1";
/** `iss` and `aud` of the upgrade token, a compact JWT (`alg: EdDSA`, `sub` = runner id, `category`, `iat`). */
export const TOKEN_ISSUER = "ucloud-runner";
export const TOKEN_AUDIENCE = "ucloud-edge";
/** Age of an upgrade token that is still accepted, either way, in seconds. */
export const TOKEN_MAX_AGE_S = 60;

/** The bytes under the signature in `hello`. Fields are separated by a character that none of them can contain. */
export function proofText(of: { nonce: string; runner: string; category: string; instance: string }): string {
  return [SUBPROTOCOL, of.nonce, of.runner, of.category, of.instance].join("\n");
}

/**
 * What a runner asks outside of a line, in the claim `call` of a token whose `sub` is its raw public key in base64: who it
 * is registered as, or to be on no list any more. Such a token opens no line.
 */
export type SignedCall = "self" | "leave";
