/** Close codes of the runner's socket. */
export const CLOSE = {
  NORMAL: 1000,
  TOO_BIG: 1009,
  /** Ten malformed frames in a minute, or no `hello` in time. */
  PROTOCOL: 4400,
  WRONG_PROOF: 4401,
  REVOKED: 4403,
  /** The same key from two machines. */
  OTHER_INSTANCE: 4409,
  OLDER_SESSION: 4410,
} as const;
