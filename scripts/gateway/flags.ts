/** The words after `npm run gateway --`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../../runner/usage-error.ts";
import { SETTING_NAMES } from "./settings.ts";

export const HELP = `npm run gateway -- --state DIR --port PORT [--env-file FILE]

The gateway without Cloudflare: the Worker on workerd, with its state in a folder.

  --state DIR              where everything is kept; one gateway per folder
  --port PORT              where it listens; 0: any port that is free
  --host ADDRESS           127.0.0.1; TLS is the site's proxy in front of it
  --env-file FILE          settings and secrets, NAME=VALUE lines; readable by nobody else
  --trust-forwarded LIST   addresses of proxies, separated by commas, whose X-Forwarded-For is believed; none

Settings, each in the env file or else from the environment:
  ${SETTING_NAMES.join(", ")}

JSON lines on stdout. SIGTERM stops it. Exit codes: 0 stopped, 1 error, 2 usage or a wrong setting.
`;

const text = { type: "string" } as const;
const OPTIONS = {
  state: text,
  port: text,
  host: text,
  "env-file": text,
  "trust-forwarded": text,
  help: { type: "boolean" },
} as const;

export type Serve = {
  verb: "serve";
  stateDir: string;
  port: number;
  host?: string;
  envFile?: string;
  trusted: string[];
};
export type Wanted = { verb: "help" } | Serve;

/** @throws UsageError */
export function readFlags(args: string[]): Wanted {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    return { verb: "help" };
  }
  if (positionals.length > 0) {
    throw new UsageError(`there is no verb ${positionals.join(" ")}`);
  }
  if (values.state === undefined) {
    throw new UsageError("--state DIR is missing");
  }
  const port = Number(values.port ?? "");
  if (values.port === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError("--port PORT is missing or no port");
  }
  return {
    verb: "serve",
    stateDir: resolve(values.state),
    port,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values["env-file"] === undefined ? {} : { envFile: values["env-file"] }),
    trusted: (values["trust-forwarded"] ?? "")
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== ""),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "the flags cannot be read");
  }
}
