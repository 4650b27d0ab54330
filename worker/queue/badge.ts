/** What is known of a socket. It lives in the socket's attachment, so that it survives the object's hibernation. */
import * as z from "zod/mini";

export const badgeSchema = z.object({
  runner: z.object({
    id: z.string(),
    name: z.string(),
    publicKey: z.string(),
    enrolledAt: z.optional(z.number()),
    address: z.optional(z.string()),
  }),
  nonce: z.string(),
  openedAtMs: z.number(),
  /** Null until `hello` was proven. */
  hello: z.nullable(z.object({ session: z.number(), instance: z.string(), atMs: z.number() })),
  /** The incarnation of the job that the runner was asked to keep room for; absent, null: none. */
  heldFor: z.optional(z.nullable(z.string())),
  faults: z.object({ count: z.number(), sinceMs: z.number() }),
});

export type Badge = z.infer<typeof badgeSchema>;

/** A socket that has said a proven `hello`. */
export type Welcomed = Badge & { hello: NonNullable<Badge["hello"]> };

export function isWelcomed(badge: Badge): badge is Welcomed {
  return badge.hello !== null;
}
