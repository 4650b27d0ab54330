/** The template engine's program. In the bundle this file is replaced by one that carries the bytes with it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export function engineBytes(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve("minijinja-js/dist/web/minijinja_js_bg.wasm"))));
}
