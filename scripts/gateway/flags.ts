/** The words after `npm run gateway --`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../../runner/usage-error.ts";
import { SETTING_NAMES } from "./settings.ts";

export const HELP = `npm run gateway -- --state DIR --port PORT [--env-file FILE]
npm run gateway -- backup --state DIR --to COPY

The gateway without Cloudflare: the Worker on workerd, with its state in a folder.

  --state DIR              where everything is kept; one gateway per folder
  --port PORT              where it listens; 0: any port that is free
  --host ADDRESS           127.0.0.1; TLS is the site's proxy in front of it
  --env-file FILE          settings and secrets, NAME=VALUE lines; for its eyes only
  --trust-forwarded LIST   addresses of proxies, separated by commas, whose X-Forwarded-For is believed; none

  backup                   copies the state to the new folder COPY, also while the gateway works

Settings, each in the env file or else from the environment:
  ${SETTING_NAMES.join(", ")}

JSON lines on stdout. SIGTERM stops it. Exit codes: 0 stopped or copied, 1 error, 2 usage or a wrong setting.
`;

const text = { type: "string" } as const;
const SERVE = { port: text, host: text, "env-file": text, "trust-forwarded": text } as const;
const OPTIONS = { ...SERVE, state: text, to: text, help: { type: "boolean" } } as const;
type Values = { [Name in Exclude<keyof typeof OPTIONS, "help">]?: string };

export type Serve = {
  verb: "serve";
  stateDir: string;
  port: number;
  host?: string;
  envFile?: string;
  trusted: string[];
};
export type Backup = { verb: "backup"; stateDir: string; copyDir: string };
export type Wanted = { verb: "help" } | Serve | Backup;

/** @throws UsageError */
export function readFlags(args: string[]): Wanted {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    return { verb: "help" };
  }
  if (values.state === undefined || values.state === "") {
    throw new UsageError("--state DIR is missing");
  }
  const stateDir = resolve(values.state);
  const verb = positionals.join(" ");
  switch (verb) {
    case "":
      return serve(stateDir, values);
    case "backup":
      return backup(stateDir, values);
    default:
      throw new UsageError(`there is no verb ${verb}`);
  }
}

function serve(stateDir: string, values: Values): Serve {
  refuse(["to"], values);
  const port = Number(values.port || Number.NaN);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError("--port PORT is missing or no port");
  }
  const trusted = (values["trust-forwarded"] ?? "").split(",").map((one) => one.trim());
  return {
    ...{ verb: "serve", stateDir, port, trusted: trusted.filter((one) => one !== "") },
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values["env-file"] === undefined ? {} : { envFile: values["env-file"] }),
  };
}

function backup(stateDir: string, values: Values): Backup {
  refuse(["port", "host", "env-file", "trust-forwarded"], values);
  if (values.to === undefined || values.to === "") {
    throw new UsageError("--to COPY is missing");
  }
  return { verb: "backup", stateDir, copyDir: resolve(values.to) };
}

/** A flag of the other verb is a mistake, and not one to be passed over. */
function refuse(names: (keyof Values)[], values: Values): void {
  const [given] = names.filter((name) => values[name] !== undefined);
  if (given !== undefined) {
    throw new UsageError(`--${given} does not belong here`);
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "the flags cannot be read");
  }
}
