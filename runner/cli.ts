#!/usr/bin/env node
/** `ucloud-runner VERB`: reads flags and settings, runs the verb, exits with its code. */
import { resolve } from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { trustAuthorities } from "./authorities.ts";
import type { Command } from "./commands/command.ts";
import { type Environment, type Flags, readSettings, textGiven } from "./config.ts";
import { helpFor, helpOverview } from "./manual/help.ts";
import { SETTINGS } from "./manual/settings.ts";
import { COMMON_FLAGS, type FlagText, VERBS, type Verb } from "./manual/verbs.ts";
import { defaultSocket } from "./podman-socket.ts";
import { useProxy } from "./proxy.ts";
import { StateFolderInUse } from "./state-lock.ts";
import { RENDER_VERB } from "./template/child-command.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

/** Each verb is loaded when it is asked for: what the others need would lie in the memory of one that works for months. */
const RUN: Record<Verb, (command: Command) => Promise<number>> = {
  enroll: async (command) => (await import("./commands/enroll.ts")).enrollRunner(command),
  start: async (command) => (await import("./commands/start.ts")).start(command),
  status: async (command) => (await import("./commands/status.ts")).status(command),
  drain: async (command) => (await import("./commands/drain.ts")).drain(command),
  resume: async (command) => (await import("./commands/resume.ts")).resume(command),
  doctor: async (command) => (await import("./commands/doctor.ts")).doctor(command),
  remove: async (command) => (await import("./commands/remove.ts")).remove(command),
  clean: async (command) => (await import("./commands/clean.ts")).clean(command),
};

const option = ({ value }: Pick<FlagText, "value">) => ({ type: value === null ? "boolean" : "string" }) as const;
const FLAGS = [SETTINGS, COMMON_FLAGS, ...Object.values(VERBS).map(({ flags }) => flags)];
const OPTIONS: ParseArgsConfig["options"] = Object.fromEntries(
  FLAGS.flatMap((flags) => Object.entries<FlagText>(flags)).map(([name, flag]) => [name, option(flag)]),
);

async function main(args: string[], environment: Environment): Promise<number> {
  if (args[0] === RENDER_VERB) {
    (await import("./template/child.ts")).renderChild();
    return 0;
  }
  const { values, positionals } = parseFlags(args);
  if (values.version === true) {
    console.log(VERSION);
    return 0;
  }
  const [verb, ...rest] = positionals;
  if (values.help === true || verb === "help") {
    console.log(helpAsked(verb === "help" ? rest[0] : verb));
    return 0;
  }
  if (!isVerb(verb)) {
    throw new UsageError(verb === undefined ? "which verb? See ucloud-runner help" : `there is no verb ${verb}`);
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
  trustAuthorities(settings["ca-file"]);
  useProxy(settings, environment);
  const podmanSocket = resolve(settings["podman-socket"] ?? defaultSocket(environment));
  return RUN[verb]({ stateDir: resolve(stateDir), settings, podmanSocket, flags: values, environment });
}

function helpAsked(verb: string | undefined): string {
  return isVerb(verb) ? helpFor(verb) : helpOverview();
}

function isVerb(verb: string | undefined): verb is Verb {
  return verb !== undefined && Object.hasOwn(VERBS, verb);
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
