/**
 * `npm run deploy`: the settings are checked before anything is uploaded, then `wrangler deploy` runs with the same
 * arguments (`--config FILE` for another environment, `--dry-run`).
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { problemsIn, varsSchema } from "../worker/vars.ts";

const args = process.argv.slice(2);
const { values } = parseArgs({ args, options: { config: { type: "string", short: "c" } }, strict: false });
const config = typeof values.config === "string" ? values.config : "wrangler.toml";

const parsed = varsSchema.safeParse(readConfig({ config }).vars);
if (!parsed.success) {
  for (const problem of problemsIn(parsed.error)) {
    console.error(`${config}: ${problem}`);
  }
  process.exit(1);
}
const wrangler = new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url).pathname;
process.exitCode = spawnSync(process.execPath, [wrangler, "deploy", ...args], { stdio: "inherit" }).status ?? 1;
