/** A runner's key as it is registered: a raw Ed25519 public key has 32 bytes, here in base64. */
export const PUBLIC_KEY = /^[A-Za-z0-9+/]{43}=$/;

/** What stands before the raw key in an SPKI structure; its 12 bytes are whole in base64. */
const SPKI = /^MCowBQYDK2VwAyEA([A-Za-z0-9+/]{43}=)$/;
const PEM = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/;

/** SPKI in PEM or base64, as tools write an Ed25519 public key. Null: it is none. */
export function rawPublicKey(text: string): string | null {
  const [, armoured] = PEM.exec(text) ?? [];
  const [, raw] = SPKI.exec((armoured ?? text).replaceAll(/\s/g, "")) ?? [];
  // Two spellings of the same bytes are one key.
  return raw === undefined ? null : btoa(atob(raw));
}
