/**
 * How the renderer's process is started. Templates are other people's programs: the kernel bounds what it can take, and
 * Node's permission model what it can reach.
 */
import { fileURLToPath } from "node:url";

/** The verb under which the bundle runs itself; no operator has a use for it. */
export const RENDER_VERB = "render-template";

/**
 * Of memory that can be written. V8 sets 512 MiB of addresses aside for machine code at its start, which the kernel
 * counts as taken, and Node uses 60 to 100 MiB before the template begins.
 */
const DATA_KIB = (512 + 256) * 1024;
/** Of processor time: ends a child whose runner was killed. The runner itself counts from when the child is ready. */
const CPU_SECONDS = 20;
/** So that a template fails with an answer before the kernel ends the process: its engine's memory, 128 MiB in 64 KiB. */
const ENGINE_PAGES = 2048;
const HEAP_MIB = 64;

const LIMITED = `ulimit -c 0 && ulimit -t ${CPU_SECONDS} && ulimit -d ${DATA_KIB} && exec "$@"`;

export type ChildCommand = { file: string; args: string[] };

export function childCommand(ownUrl: string = import.meta.url, node: string = process.execPath): ChildCommand {
  const own = fileURLToPath(ownUrl);
  const isCheckout = own.endsWith(".ts");
  const program = isCheckout ? [fileURLToPath(new URL("child-main.ts", ownUrl))] : [own, RENDER_VERB];
  const flags = [
    ...["--permission", `--allow-fs-read=${isCheckout ? "*" : own}`],
    ...["--single-threaded", `--max-old-space-size=${HEAP_MIB}`, `--wasm-max-mem-pages=${ENGINE_PAGES}`],
  ];
  return { file: "/bin/sh", args: ["-c", LIMITED, "sh", node, ...flags, ...program] };
}
