/** Frames to text and back. Size is checked before anything is parsed. */
import type * as z from "zod/mini";
import {
  type GatewayFrame,
  gatewayFrameSchema,
  MAX_FRAME_BYTES,
  type RunnerFrame,
  runnerFrameSchema,
} from "./protocol.ts";
import { utf8Length } from "./text.ts";

/** What the other side is told; never quotes the offending value. */
export type FrameFault = { code: "too_big" | "not_text" | "not_json" | "bad_frame"; field: string; message: string };
export type Decoded<F> = { ok: true; frame: F } | { ok: false; fault: FrameFault };

export function encodeFrame(frame: RunnerFrame | GatewayFrame): string {
  return JSON.stringify(frame);
}

export function decodeRunnerFrame(message: unknown): Decoded<RunnerFrame> {
  return decode(runnerFrameSchema, message);
}

export function decodeGatewayFrame(message: unknown): Decoded<GatewayFrame> {
  return decode(gatewayFrameSchema, message);
}

function decode<F>(schema: z.ZodMiniType<F>, message: unknown): Decoded<F> {
  if (typeof message !== "string") {
    return fault("not_text", "", "frames are text");
  }
  // A string of n UTF-16 units has at most 3 n bytes: most frames need no count.
  if (message.length * 3 > MAX_FRAME_BYTES && utf8Length(message) > MAX_FRAME_BYTES) {
    return fault("too_big", "", `a frame has at most ${MAX_FRAME_BYTES} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return fault("not_json", "", "a frame is one JSON object");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return { ok: true, frame: parsed.data };
  }
  const issue = parsed.error.issues[0];
  return fault("bad_frame", issue?.path.join(".") ?? "", issue?.message ?? "not a frame of this protocol");
}

function fault(code: FrameFault["code"], field: string, message: string): Decoded<never> {
  return { ok: false, fault: { code, field: field.slice(0, 200), message: message.slice(0, 400) } };
}
