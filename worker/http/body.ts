/** A request's JSON, read within a bound and parsed at the door. */
import type * as z from "zod/mini";
import { parseOrRefuse } from "../ucloud/refusal.ts";
import { GatewayError } from "./errors.ts";

export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** @throws GatewayError `too_large` or `bad_request`. */
export async function readJson(request: Request, maxBytes: number = MAX_BODY_BYTES): Promise<unknown> {
  return parse(await readText(request, maxBytes));
}

/** As `readJson`, with a schema; the error names the field. */
export async function readBody<T>(request: Request, schema: z.ZodMiniType<T>, maxBytes: number): Promise<T> {
  return check(schema, await readJson(request, maxBytes));
}

/** Null: there is no body. */
export async function readBodyIfAny<T>(
  request: Request,
  schema: z.ZodMiniType<T>,
  maxBytes: number,
): Promise<T | null> {
  const text = await readText(request, maxBytes);
  return text.trim() === "" ? null : check(schema, parse(text));
}

function parse(text: string): unknown {
  if (text.trim() === "") {
    throw new GatewayError("bad_request", "The body is empty; JSON was expected.");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError("bad_request", "The body is not JSON.");
  }
}

function check<T>(schema: z.ZodMiniType<T>, given: unknown): T {
  const parsed = parseOrRefuse(schema, given);
  if (parsed.kind === "refused") {
    throw new GatewayError("bad_request", parsed.field === "" ? parsed.why : `${parsed.field}: ${parsed.why}`);
  }
  return parsed.data;
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  if (request.body === null) {
    return "";
  }
  const declared = Number(request.headers.get("Content-Length") ?? Number.NaN);
  if (declared > maxBytes) {
    throw tooLarge(maxBytes);
  }
  if (declared <= maxBytes) {
    // HTTP ends the body there, whatever follows.
    const text = await request.text();
    if (text.length > maxBytes) {
      throw tooLarge(maxBytes);
    }
    return text;
  }
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw tooLarge(maxBytes);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError("too_large", `The body is larger than ${maxBytes} bytes.`);
}
