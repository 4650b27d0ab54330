/** The gateway on bare workerd: bundled once, and started again whenever it dies. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { lockStateFolder } from "../../runner/state-lock.ts";
import { UsageError } from "../../runner/usage-error.ts";
import { doubling } from "../../shared/backoff.ts";
import { shipped } from "../deploy/site-file.ts";
import { bundleWorker } from "./bundle.ts";
import { ringHourly, ringRestored } from "./hourly.ts";
import type { GatewaySettings } from "./settings.ts";
import { startWorkerd, type Tell, type Workerd } from "./workerd.ts";
import { CLOCK_SOCKET, COPY_MARK, OBJECTS_FOLDER, WORKER_FILE, workerdConfig } from "./workerd-config.ts";

const CONFIG_FILE = "workerd.capnp";
/** Where nobody looks for it. */
const ASIDE_SOCKET = "aside.sock";
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
  const { stateDir, host = "127.0.0.1", port } = options;
  const socketPath = join(stateDir, CLOCK_SOCKET);
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) {
    throw new UsageError("--state: this path is too long for a socket");
  }
  const lock = lockStateFolder(stateDir);
  try {
    const start = await launcher(options, tell);
    const at = (on: number): string => `${host.includes(":") ? `[${host}]` : host}:${on}`;
    await markRestored(stateDir, { start: () => start(`unix:${ASIDE_SOCKET}`), tell });
    const first = start(at(port));
    const listening = await first.listening;
    if (listening === null) {
      throw new Error(`workerd does not start: ${await first.exited}`);
    }
    const url = `http://${at(listening)}`;
    tell("gateway.listening", { url });
    const stopping = new AbortController();
    const ended = Promise.all([
      keepAlive(first, { again: () => start(at(listening)), stop: stopping.signal, tell }),
      ringHourly(socketPath, stopping.signal, tell),
    ]);
    const stop = (): Promise<void> => {
      stopping.abort();
      return ended.then(() => lock.release());
    };
    return { url, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Everything that workerd reads and writes lies in the state folder. */
async function launcher({ stateDir, settings, trusted = [] }: GatewayOptions, tell: Tell) {
  const all = { ...settings, TRUST_FORWARDED: trusted.join(",") };
  mkdirSync(join(stateDir, OBJECTS_FOLDER), { recursive: true, mode: 0o700 });
  await bundleWorker(join(stateDir, WORKER_FILE));
  writeFileSync(join(stateDir, CONFIG_FILE), workerdConfig(shipped(), Object.keys(all)), { mode: 0o600 });
  return (address: string): Workerd => {
    for (const socket of [CLOCK_SOCKET, ASIDE_SOCKET]) {
      rmSync(join(stateDir, socket), { force: true });
    }
    return startWorkerd({ stateDir, config: CONFIG_FILE, address, settings: all, tell });
  };
}

/** A copy's queues hear that they are one before anybody can reach them. */
async function markRestored(stateDir: string, { start, tell }: { start: () => Workerd; tell: Tell }): Promise<void> {
  const mark = join(stateDir, COPY_MARK);
  if (!existsSync(mark)) {
    return;
  }
  const workerd = start();
  await workerd.listening;
  try {
    await ringRestored(join(stateDir, CLOCK_SOCKET));
    rmSync(mark);
    tell("gateway.restored");
  } finally {
    await workerd.stop();
  }
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
