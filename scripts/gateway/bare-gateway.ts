/** The gateway on bare workerd: bundled once, and started again whenever it dies. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { lockStateFolder } from "../../runner/state-lock.ts";
import { UsageError } from "../../runner/usage-error.ts";
import { doubling } from "../../shared/backoff.ts";
import { shipped } from "../deploy/site-file.ts";
import { bundleWorker } from "./bundle.ts";
import { ringHourly } from "./hourly.ts";
import type { GatewaySettings } from "./settings.ts";
import { startWorkerd, type Tell, type Workerd } from "./workerd.ts";
import { CLOCK_SOCKET, OBJECTS_FOLDER, WORKER_FILE, workerdConfig } from "./workerd-config.ts";

const CONFIG_FILE = "workerd.capnp";
const RETRY_MS = 200;
const RETRY_MAX_MS = 30_000;
/** Whoever lived this long did not die of its settings. */
const LIVED_MS = 60_000;
/** The kernel's limit for the path of a socket. */
const MAX_SOCKET_PATH = 107;

export type GatewayOptions = {
  stateDir: string;
  /** Default: this machine alone. */
  host?: string;
  /** 0: any that is free. */
  port: number;
  settings: GatewaySettings;
  /** The proxies whose word on the caller's address is believed. */
  trusted?: readonly string[];
};

export type BareGateway = {
  url: string;
  /** Resolves when it has stopped. */
  stop(): Promise<void>;
};

/** Resolves when it answers. @throws UsageError, StateFolderInUse, or Error when workerd does not start. */
export async function startBareGateway(options: GatewayOptions, tell: Tell): Promise<BareGateway> {
  const { stateDir, host = "127.0.0.1", port, trusted = [] } = options;
  const socketPath = join(stateDir, CLOCK_SOCKET);
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) {
    throw new UsageError("--state: this path is too long for a socket");
  }
  const lock = lockStateFolder(stateDir);
  const settings = { ...options.settings, TRUST_FORWARDED: trusted.join(",") };
  const config = await prepareFolder(stateDir, Object.keys(settings));
  const at = (on: number): string => `${host.includes(":") ? `[${host}]` : host}:${on}`;
  const start = (on: number): Workerd => {
    rmSync(socketPath, { force: true });
    return startWorkerd({ stateDir, config, address: at(on), settings, tell });
  };

  const first = start(port);
  const listening = await first.listening;
  if (listening === null) {
    lock.release();
    throw new Error(`workerd does not start: ${await first.exited}`);
  }
  const url = `http://${at(listening)}`;
  tell("gateway.listening", { url });
  const stopping = new AbortController();
  const ended = Promise.all([
    keepAlive(first, { again: () => start(listening), stop: stopping.signal, tell }),
    ringHourly(socketPath, stopping.signal, tell),
  ]);
  return {
    url,
    async stop() {
      stopping.abort();
      await ended;
      lock.release();
    },
  };
}

/** Everything that workerd reads and writes lies in the state folder. */
async function prepareFolder(stateDir: string, variables: string[]): Promise<string> {
  mkdirSync(join(stateDir, OBJECTS_FOLDER), { recursive: true, mode: 0o700 });
  await bundleWorker(join(stateDir, WORKER_FILE));
  writeFileSync(join(stateDir, CONFIG_FILE), workerdConfig(shipped(), variables), { mode: 0o600 });
  return CONFIG_FILE;
}

type Keeping = { again: () => Workerd; stop: AbortSignal; tell: Tell };

async function keepAlive(first: Workerd, { again, stop, tell }: Keeping): Promise<void> {
  const stopped = new Promise<null>((resolve) => stop.addEventListener("abort", () => resolve(null), { once: true }));
  for (let workerd = first, tries = 0, sinceMs = Date.now(); ; workerd = again(), sinceMs = Date.now()) {
    const how = await Promise.race([workerd.exited, stopped]);
    if (how === null) {
      await workerd.stop();
      return;
    }
    tries = Date.now() - sinceMs > LIVED_MS ? 0 : tries + 1;
    tell("gateway.workerd_ended", { how, tries });
    await pause(doubling(tries, RETRY_MS, RETRY_MAX_MS), undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) {
      return;
    }
  }
}
