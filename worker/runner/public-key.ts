/** A runner's key as it is registered: a raw Ed25519 public key has 32 bytes, here in base64. */
export const PUBLIC_KEY = /^[A-Za-z0-9+/]{43}=$/;
