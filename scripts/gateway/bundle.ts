/** The Worker for bare workerd as one file, bundled as wrangler does it; asks no network. */
import { build, stop } from "esbuild";
// The Worker brings the operator's page along.
import "../page.ts";

const ENTRY = new URL("../../worker/bare/index.ts", import.meta.url).pathname;

export async function bundleWorker(outfile: string): Promise<void> {
  await build({
    entryPoints: [ENTRY],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    keepNames: true,
    logLevel: "error",
  });
  // Its helper process would live as long as the gateway.
  await stop();
}
