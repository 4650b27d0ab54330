/** Bodies of requests and answers, and what must not be in them. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** What a browser or script may send; a provider's calls are far smaller. */
const MAX_BODY_BYTES = 1024 * 1024;

export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new RangeError("a body too large");
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  return text === "" ? null : JSON.parse(text);
}

/** Anywhere in any request, even one that is refused, it ends a real one's whole process. */
export function hasNul(value: unknown): boolean {
  if (typeof value === "string") {
    return value.includes("\0");
  }
  return typeof value === "object" && value !== null && Object.entries(value).flat().some(hasNul);
}

export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.end(JSON.stringify(body ?? {}));
}
