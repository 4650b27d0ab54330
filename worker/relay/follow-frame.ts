/** What UCloud/Core sends on a socket on which it follows jobs, in both versions. */
import * as z from "zod/mini";
import { matching } from "../../shared/schema.ts";

/** A job has 7 to 12 KB. The platform puts a fragmented message together. */
export const MAX_FOLLOW_BYTES = 64 * 1024;

/** Goes back as it came, and into a header on its way. */
const streamId = matching(/^[\x20-\x7e]{0,128}$/);

const payloadSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("init"), job: z.unknown() }),
  z.object({ type: z.literal("cancel"), streamId }),
]);

const frameSchema = z.object({
  call: z.string(),
  streamId: z._default(streamId, ""),
  bearer: z.nullish(z.string()),
  /** Today's has no cancel, and a missing `type` can only be an init. */
  payload: z.pipe(z.transform(withType), payloadSchema),
});
export type FollowFrame = z.infer<typeof frameSchema>;

function withType(payload: unknown): unknown {
  const isBare = typeof payload === "object" && payload !== null && !("type" in payload);
  return isBare ? { type: "init", ...payload } : payload;
}

/** Null for what is no such frame. */
export function parseFollow(message: unknown): FollowFrame | null {
  if (typeof message !== "string" || message.length > MAX_FOLLOW_BYTES) {
    return null;
  }
  try {
    return frameSchema.safeParse(JSON.parse(message)).data ?? null;
  } catch {
    return null;
  }
}
