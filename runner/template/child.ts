/**
 * The renderer's process: one request from standard input, one answer to standard output, then the end. It has nothing
 * else: no environment, no folder of its own, no way to other files or programs (`child-command.ts`).
 */
import { readFileSync, writeSync } from "node:fs";
import { loadEngine } from "./engine.ts";
import { READY, requestSchema } from "./request.ts";

export function renderChild(): void {
  const request = requestSchema.parse(JSON.parse(readFileSync(0, "utf8")));
  const engine = loadEngine();
  writeAll(`${READY}\n`);
  writeAll(`${JSON.stringify(engine.render(request))}\n`);
}

/** A pipe may take less than it is given. */
function writeAll(text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(1, bytes, written);
  }
}
