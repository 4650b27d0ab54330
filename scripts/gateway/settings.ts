/** The gateway's settings and secrets from an env file and the environment, checked before anything is started. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import * as z from "zod/mini";
import { UsageError } from "../../runner/usage-error.ts";
import { secretsSchema } from "../../worker/secrets.ts";
import { problemsIn, varsSchema } from "../../worker/vars.ts";

export type Environment = Record<string, string | undefined>;
/** Every setting by its name; empty: not given. */
export type GatewaySettings = Record<string, string>;

const settingsSchema = z.object({ ...varsSchema.shape, ...secretsSchema.shape });
export const SETTING_NAMES = Object.keys(settingsSchema.shape);

/** What the file does not name is taken from the environment. @throws UsageError */
export function readSettings(envFile: string | undefined, environment: Environment): GatewaySettings {
  const file = envFile === undefined ? {} : readEnvFile(envFile);
  const unknown = Object.keys(file).filter((name) => !SETTING_NAMES.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`${unknown.join(", ")}: there is no such setting; there are ${SETTING_NAMES.join(", ")}`);
  }
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [name, file[name] ?? environment[name] ?? ""]));
  const parsed = settingsSchema.safeParse(settings);
  if (!parsed.success) {
    throw new UsageError(problemsIn(parsed.error).join("; "));
  }
  return settings;
}

function readEnvFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch {
    throw new UsageError(`the env file ${path} cannot be read`);
  }
}
