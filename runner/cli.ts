#!/usr/bin/env node
/** `ucloud-runner VERB`: reads flags and settings, runs the verb, exits with its code. */
import { resolve } from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Command } from "./commands/command.ts";
import { doctor } from "./commands/doctor.ts";
import { drain } from "./commands/drain.ts";
import { enrollRunner } from "./commands/enroll.ts";
import { start } from "./commands/start.ts";
import { status } from "./commands/status.ts";
import { type Environment, type Flags, readSettings, textGiven } from "./config.ts";
import { defaultSocket } from "./podman-socket.ts";
import { useProxy } from "./proxy.ts";
import { SETTING_NAMES } from "./settings.ts";
import { StateFolderInUse } from "./state-lock.ts";
import { renderChild } from "./template/child.ts";
import { RENDER_VERB } from "./template/child-command.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

const VERBS = new Map<string, (command: Command) => Promise<number>>(
  Object.entries({ enroll: enrollRunner, start, status, drain, doctor }),
);

const HELP = `ucloud-runner VERB --state-dir DIR [settings]

  enroll --gateway URL --code CODE [--replace]   make a key and register it
  start     work until told to stop              0 stopped, 1 error, 2 usage, 3 revoked
  status    what it does now [--json]            0 ok, 1 degraded, 2 not connected
  drain     take no new jobs, wait for the rest
  doctor    try everything, change nothing [--json]

Settings, each as --NAME, UCLOUD_RUNNER_NAME or in the config file (--config, else config.json in DIR):
  ${SETTING_NAMES.join(", ")}
`;

const text = { type: "string" } as const;
const yes = { type: "boolean" } as const;
const OPTIONS: ParseArgsConfig["options"] = {
  ...Object.fromEntries(SETTING_NAMES.map((name) => [name, name === "allow-root" ? yes : text])),
  ...{ gateway: text, code: text, "state-dir": text, config: text },
  ...{ replace: yes, json: yes, help: yes, version: yes },
};

async function main(args: string[], environment: Environment): Promise<number> {
  if (args[0] === RENDER_VERB) {
    renderChild();
    return 0;
  }
  const { values, positionals } = parseFlags(args);
  if (values.version === true) {
    console.log(VERSION);
    return 0;
  }
  const [verb, ...rest] = positionals;
  const run = VERBS.get(verb ?? "");
  if (values.help === true || verb === "help") {
    console.log(HELP);
    return 0;
  }
  if (run === undefined) {
    throw new UsageError(verb === undefined ? "which verb?" : `there is no verb ${verb}`);
  }
  if (rest.length > 0) {
    // What stands there may be a code that belongs behind --code.
    throw new UsageError(`${verb} takes nothing but flags`);
  }
  const stateDir = textGiven("state-dir", values, environment);
  if (stateDir === undefined) {
    throw new UsageError("--state-dir DIR is missing");
  }
  const settings = readSettings(stateDir, values, environment);
  useProxy(environment);
  const podmanSocket = resolve(settings["podman-socket"] ?? defaultSocket(environment));
  return run({ stateDir: resolve(stateDir), settings, podmanSocket, flags: values, environment });
}

function parseFlags(args: string[]): { values: Flags; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return { values: values as Flags, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "the flags cannot be read");
  }
}

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  const isUsage = error instanceof UsageError;
  const isOurs = isUsage || error instanceof StateFolderInUse;
  console.error(isOurs ? error.message : `unexpected: ${error instanceof Error ? error.stack : "no error"}`);
  process.exitCode = isUsage ? 2 : 1;
}
