/**
 * `npm run deploy`: the settings are checked before anything is uploaded, then `wrangler deploy` runs with the same
 * arguments. `-c FILE`: a site's settings from outside the checkout, with what changes since the last deploy from it.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { problemsIn, varsSchema } from "../worker/vars.ts";
import { readDeployed, writeDeployed } from "./deploy/deployed.ts";
import { changes } from "./deploy/settings-diff.ts";
import { laidOver, readSiteFile, SiteFileError, shipped, type WranglerConfig } from "./deploy/site-file.ts";

const WRANGLER = new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url).pathname;

const { values, tokens } = parseArgs({
  options: { config: { type: "string", short: "c" }, "dry-run": { type: "boolean" } },
  strict: false,
  tokens: true,
});
const siteFile = typeof values.config === "string" ? values.config : undefined;
const ofConfig = tokens.flatMap((token) =>
  token.kind === "option" && token.name === "config"
    ? [token.index, ...(token.inlineValue ? [] : [token.index + 1])]
    : [],
);
const passedOn = process.argv.slice(2).filter((_, index) => !ofConfig.includes(index));

try {
  process.exitCode = deploy(siteFile === undefined ? shipped() : laidOver(readSiteFile(siteFile)));
} catch (error) {
  if (!(error instanceof SiteFileError)) {
    throw error;
  }
  process.exitCode = refused(error.problems);
}

function deploy(config: WranglerConfig): number {
  const vars = varsSchema.safeParse(config.vars);
  if (!vars.success) {
    return refused(problemsIn(vars.error));
  }
  if (siteFile === undefined) {
    return wrangler(passedOn);
  }
  const now = { name: config.name, vars: vars.data };
  const lines = changes(readDeployed(siteFile), now);
  console.log([`${siteFile}:`, ...(lines.length === 0 ? ["no setting changes"] : lines)].join("\n  "));
  const status = withFile(config, (file) => wrangler([...passedOn, "--config", file]));
  if (status === 0 && values["dry-run"] !== true) {
    writeDeployed(siteFile, now);
  }
  return status;
}

function refused(problems: readonly string[]): number {
  for (const problem of problems) {
    console.error(`${siteFile ?? "wrangler.toml"}: ${problem}`);
  }
  return 1;
}

function withFile(config: WranglerConfig, use: (file: string) => number): number {
  const folder = mkdtempSync(join(tmpdir(), "ucloud-edge-"));
  try {
    const file = join(folder, "wrangler.json");
    writeFileSync(file, JSON.stringify(config));
    return use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wrangler(args: readonly string[]): number {
  return spawnSync(process.execPath, [WRANGLER, "deploy", ...args], { stdio: "inherit" }).status ?? 1;
}
