/**
 * What a viewer's UCloud/Core is sent. Today's makes one log entry of every text frame, whatever is in it; the older one
 * has many streams on a socket and ends each with a response. docs/protocol.md shows both.
 */
import * as z from "zod/mini";

/**
 * `today`: one socket a viewer, authenticated at its upgrade, and its end is the socket's. `older`: streams by
 * `streamId`, each frame with its own bearer.
 */
export const voiceSchema = z.object({
  era: z.enum(["today", "older"]),
  /** The `streamId` of the caller's frame; every answer carries it. */
  call: z.string(),
  /** Ours, by which a stream can be cancelled. */
  stream: z.string(),
});
export type Voice = z.infer<typeof voiceSchema>;

export type Output = { stdout: string } | { stderr: string };

/** Whatever a runner let through: a NUL would end a whole UCloud/Core process. */
function clean(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

export function outputFrame(voice: Voice, output: Output): string {
  const texts = "stdout" in output ? { stdout: clean(output.stdout) } : { stderr: clean(output.stderr) };
  return message(voice, { rank: 0, ...texts });
}

/** A sentence of ours, apart from what the program wrote. */
export function noteFrame(voice: Voice, text: string): string {
  return outputFrame(voice, { stderr: `[${text}]\n` });
}

/** The older version learns the stream's name first; for today's it would be an empty entry. */
export function openingFrames(voice: Voice): string[] {
  return voice.era === "older" ? [message(voice, { rank: -1 })] : [];
}

/** Core notices that its viewer is gone when a frame arrives. */
export function tickFrame(voice: Voice): string {
  return voice.era === "older" ? message(voice, { rank: -1 }) : JSON.stringify({ ping: "pong" });
}

export function responseFrame(voice: Voice, status: number): string {
  const payload = payloadOf(voice, { rank: voice.era === "older" ? -1 : 0 });
  return JSON.stringify({ type: "response", status, streamId: voice.call, payload });
}

type Payload = { rank: number; stdout?: string; stderr?: string };

function message(voice: Voice, payload: Payload): string {
  return JSON.stringify({ type: "message", streamId: voice.call, payload: payloadOf(voice, payload) });
}

function payloadOf({ era, stream }: Voice, { rank, stdout = "", stderr = "" }: Payload): unknown {
  const texts = { stdout: stdout === "" ? null : stdout, stderr: stderr === "" ? null : stderr };
  return { streamId: stream, rank, ...texts, ...(era === "today" ? { channel: null } : {}) };
}
