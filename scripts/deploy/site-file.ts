/**
 * A site's own settings in a file outside the checkout, TOML or JSON: what differs from the shipped wrangler.toml and
 * nothing else, so that a checkout is upgraded by `git pull` and several environments lie side by side. The file is a
 * valid configuration for `wrangler secret put -c FILE` too.
 */
import { readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import * as z from "zod/mini";

const CHECKOUT = new URL("../../", import.meta.url);
const SHIPPED = new URL("wrangler.toml", CHECKOUT);
const ENTRY = new URL("worker/index.ts", CHECKOUT);

const shippedSchema = z.looseObject({
  name: z.string(),
  vars: z.record(z.string(), z.unknown()),
  build: z.looseObject({}),
});

const siteSchema = z.strictObject({
  /** The Worker's name. Each environment has its own: a second one with the same name would take over its objects. */
  name: z.string().check(z.minLength(1)),
  account_id: z.optional(z.string()),
  routes: z.optional(z.array(z.unknown())),
  workers_dev: z.optional(z.boolean()),
  vars: z.record(z.string(), z.unknown()),
});

export type SiteFile = z.infer<typeof siteSchema>;

/** The whole configuration for wrangler: the shipped one with the site's over it. */
export type WranglerConfig = z.infer<typeof shippedSchema> & { main: string };

/** Throws an error with one sentence per wrong key; values are not quoted. */
export function readSiteFile(path: string): SiteFile {
  const read = siteSchema.safeParse(contentOf(path));
  if (!read.success) {
    throw new SiteFileError(read.error.issues.map((issue) => sentenceOf(issue)));
  }
  const known = Object.keys(shipped().vars);
  const unknown = Object.keys(read.data.vars).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new SiteFileError(unknown.map((name) => `vars.${name} is no setting; there are ${known.join(", ")}`));
  }
  return read.data;
}

function contentOf(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new SiteFileError(["cannot be read"]);
  }
  try {
    return path.endsWith(".json") ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new SiteFileError([error instanceof TomlError ? `is not TOML: line ${error.line}` : "is not JSON"]);
  }
}

export class SiteFileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.problems = problems;
  }
}

export function shipped(): WranglerConfig {
  const config = shippedSchema.parse(parse(readFileSync(SHIPPED, "utf8")));
  return { ...config, main: ENTRY.pathname, build: { ...config.build, cwd: CHECKOUT.pathname } };
}

export function laidOver(site: SiteFile): WranglerConfig {
  const under = shipped();
  return { ...under, ...site, vars: { ...under.vars, ...site.vars } };
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${key} cannot be set here: it is the gateway's own`).join("; ");
  }
  return `${issue.path.join(".")} ${issue.code === "invalid_type" ? `is not given or no ${issue.expected}` : "is wrong"}`;
}
