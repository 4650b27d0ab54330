/**
 * What a relay hands to the Worker that holds a viewer's socket: frames, and how far the stream is when they are through.
 * A Worker whose relay was moved brings that position along, so nothing is lost or repeated. Frames are JSON on one line
 * each, so a newline parts them and nothing is encoded twice.
 */
import * as z from "zod/mini";

export const positionSchema = z.object({
  /** The runner's own word for the place in its log; null: at the beginning. */
  cursor: z.nullable(z.string()),
  /** A cursor of another attempt means nothing. */
  attempt: z.number(),
  /** Bytes of output until here. */
  sent: z.number(),
  /** The log was shown to its end, or as far as it can be. */
  isShown: z.boolean(),
});
export type Position = z.infer<typeof positionSchema>;

export const START: Position = { cursor: null, attempt: 0, sent: 0, isShown: false };

const headSchema = z.object({ position: positionSchema, ack: z.boolean() });

/** `ack`: the Worker says so when it has passed them on; then the next ones may come. */
export type Parcel = { position: Position; ack: boolean; frames: string[] };

export const ACK = "ack";

export function packParcel({ position, ack, frames }: Parcel): string {
  return [JSON.stringify({ position, ack }), ...frames].join("\n");
}

/** @throws an error for what no relay sends. */
export function unpackParcel(text: string): Parcel {
  const [head = "", ...frames] = text.split("\n");
  return { ...headSchema.parse(JSON.parse(head)), frames };
}

/** How the Worker tells a relay for whom it comes; set by the Worker alone. */
export const VIEWER_HEADER = "X-Viewer";
export const SERVER_HEADER = "X-Log-Server";
