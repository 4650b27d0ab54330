/** The runner's settings from flags, environment and config file. The only reader of the process's environment. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { hasCode } from "./error-code.ts";
import { environmentName, type RunnerSettings, SETTING_NAMES, settingsSchema } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

export type Flags = Record<string, string | boolean | undefined>;
export type Environment = Record<string, string | undefined>;

/** `config` is the file's path; null: `config.json` in the state folder, if it is there. @throws UsageError */
export function readSettings(stateDir: string, flags: Flags, environment: Environment): RunnerSettings {
  const path = textGiven("config", flags, environment);
  const file = readConfigFile(path ?? join(stateDir, "config.json"), path !== undefined);
  refuseUnknown(environment);
  const given: Record<string, unknown> = { ...file };
  for (const name of SETTING_NAMES) {
    const value = nonEmpty(flags[name]) ?? nonEmpty(environment[environmentName(name)]);
    if (value !== undefined) {
      given[name] = value;
    }
  }
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    throw new UsageError(parsed.error.issues.map(sentenceOf).join("; "));
  }
  return parsed.data;
}

/** What is no setting itself: where the settings are. An empty one is not given. */
export function textGiven(name: string, flags: Flags, environment: Environment): string | undefined {
  const value = nonEmpty(flags[name]) ?? nonEmpty(environment[environmentName(name)]);
  return typeof value === "string" ? value : undefined;
}

/** A misspelt setting would be one that is silently not there. */
function refuseUnknown(environment: Environment): void {
  const known = new Set(["state-dir", "config", ...SETTING_NAMES].map(environmentName));
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(environmentName("")) && nonEmpty(value) !== undefined && !known.has(name)) {
      throw new UsageError(`${name}: there is no such setting`);
    }
  }
}

function readConfigFile(path: string, isAsked: boolean): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (!isAsked && hasCode(error, "ENOENT")) {
      return {};
    }
    throw new UsageError(`the config file ${path} cannot be read`);
  }
  try {
    const parsed = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    return Object.fromEntries(Object.entries(parsed).filter(([, value]) => nonEmpty(value) !== undefined));
  } catch {
    throw new UsageError(`the config file ${path} is not a JSON object`);
  }
}

function nonEmpty<T>(value: T): T | undefined {
  return value === "" || value === null ? undefined : value;
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    return `${issue.keys.map((key) => [...issue.path, key].join(".")).join(", ")}: there is no such setting`;
  }
  const words = issue.code === "custom" ? issue.message : "has a wrong value";
  return `${issue.path.join(".")}: ${words}`;
}
