/**
 * The frames between a job's relay and the runner that has its log: JSON text on a WebSocket that the runner dials when
 * somebody looks. A stream is one viewer's way through the log; it moves only as far as its credit goes.
 */
import * as z from "zod/mini";
import { type Ref, refName } from "./ids.ts";
import { textUpTo, whole } from "./schema.ts";

export const RELAY_SUBPROTOCOL = "ucloud-relay.v1";

/** What one chunk carries of the program's bytes. */
export const MAX_CHUNK_BYTES = 64 * 1024;
/** Control characters take six bytes each in JSON; the rest of the frame is small. */
export const MAX_RELAY_FRAME_BYTES = 6 * MAX_CHUNK_BYTES + 16 * 1024;
/** Chunks of one stream that may be on their way: half a megabyte, enough for 2 MB/s over a quarter of a second. */
export const WINDOW_CHUNKS = 8;
/** A viewer's pace. */
export const BYTES_PER_SECOND = 2_000_000;

/** How far a stream has come. Only the runner reads it, the relay keeps it for the next socket. */
const cursorSchema = textUpTo(200);

const stream = whole(0);

export const relayOrderSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("stream"),
    stream,
    cursor: z.nullable(cursorSchema),
    credit: whole(0, WINDOW_CHUNKS),
    /** For how long the program has run or when it began: a log that was made later is not the first one. */
    startedAgoMs: z.nullable(whole(0)),
  }),
  z.object({ type: z.literal("credit"), stream, chunks: whole(1, WINDOW_CHUNKS) }),
  z.object({ type: z.literal("stop"), stream }),
]);
export type RelayOrder = z.infer<typeof relayOrderSchema>;

const entrySchema = z.object({ from: z.enum(["stdout", "stderr"]), text: z.string() });
/** Adjacent output of one stream of the program; both streams in the order in which they were written. */
export type Entry = z.infer<typeof entrySchema>;

export const relayFrameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("chunk"),
    stream,
    entries: z.array(entrySchema).check(z.maxLength(MAX_CHUNK_BYTES)),
    bytes: whole(0),
    cursor: cursorSchema,
  }),
  /** The job has ended, and everything was sent. */
  z.object({ type: z.literal("end"), stream }),
  /** The log is not on this machine any more. */
  z.object({ type: z.literal("gone"), stream }),
]);
export type RelayFrame = z.infer<typeof relayFrameSchema>;

/** What a relay's upgrade token names besides its category, so that it opens this one log and nothing else. */
export function relayClaim(ref: Ref, nonce: string): string {
  return `${refName(ref)} ${nonce}`;
}

/** A frame of the other side; null for what is none. */
export function parseRelay<T>(schema: z.ZodMiniType<T>, message: unknown): T | null {
  if (typeof message !== "string" || message.length > MAX_RELAY_FRAME_BYTES) {
    return null;
  }
  try {
    return schema.safeParse(JSON.parse(message)).data ?? null;
  } catch {
    return null;
  }
}
