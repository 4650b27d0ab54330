/** The process: one agent, one line per category, and an orderly end. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism, hostname, totalmem, uptime } from "node:os";
import type { Registry } from "prom-client";
import { refName } from "../shared/ids.ts";
import { Accounts } from "./accounting/accounts.ts";
import { readPeakMemory } from "./accounting/peak-memory.ts";
import { type Agent, createAgent } from "./agent.ts";
import type { Machine } from "./capacity.ts";
import { Connection } from "./connection.ts";
import { findDevices } from "./devices/found-devices.ts";
import type { PlannedDrain } from "./drains.ts";
import { Drives } from "./drives/drives.ts";
import type { Engine } from "./engine/engine.ts";
import { rootCanBeGranted } from "./engine/host-limits.ts";
import { createPodman } from "./engine/podman.ts";
import { requireSafe } from "./hooks/hook-paths.ts";
import { Hooks } from "./hooks/hooks.ts";
import type { Identity } from "./identity.ts";
import { openPlaces } from "./job-places.ts";
import { getent, jobUserOf } from "./job-user.ts";
import type { Clock, LinkListener } from "./link.ts";
import { liveFolders } from "./live-folders.ts";
import type { Log } from "./log.ts";
import { machineOf } from "./machine.ts";
import { measuredEngine } from "./meters.ts";
import { JobNetworks } from "./network/job-networks.ts";
import { wayOutOf } from "./network/job-proxy.ts";
import { createNft } from "./network/nft.ts";
import { stateFolderId } from "./ownership.ts";
import { podmanUser } from "./podman-socket.ts";
import { statusOf } from "./process-status.ts";
import { Relays } from "./relay/relays.ts";
import type { RunnerSettings } from "./settings.ts";
import type { Status } from "./status.ts";
import { REAL_TIMERS } from "./timers.ts";
import { UsageError } from "./usage-error.ts";
import { isOlder, VERSION } from "./version.ts";

const CLOCK: Clock = { uptimeMs: () => uptime() * 1000, nowMs: () => Date.now() };

export type RunnerProcess = {
  status(): Status;
  /** At once for a reason, or as planned; null: neither any more. */
  drain(order: string | PlannedDrain | null): void;
  /** Leaves the jobs as they are. */
  close(): Promise<void>;
  /** Resolves when the runner was revoked and has settled everything. */
  revoked: Promise<void>;
  connections: Connection[];
};

type Given = {
  stateDir: string;
  identity: Identity;
  settings: RunnerSettings;
  podmanSocket: string;
  log: Log;
  adoptForeign: boolean;
  /** For the metrics. */
  registry: Registry;
};

/** @throws UsageError naming a setting that cannot be used on this machine. */
export async function startRunner(given: Given): Promise<RunnerProcess> {
  const { identity, log } = given;
  const machine = machineOf(given.settings, {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    arch: process.arch,
  });
  const networks = new JobNetworks({
    ...{
      settings: given.settings,
      stateFolder: stateFolderId(given.stateDir),
      nft: createNft(),
      timers: REAL_TIMERS,
      log,
    },
  });
  const engine = measuredEngine(newEngine({ ...given, networks }), given.registry);
  const running = (): string[] =>
    agent
      .status()
      .jobs.filter(({ phase }) => phase === "running")
      .map(({ ref }) => refName(ref));
  const accounts = new Accounts({
    ...{ stateDir: given.stateDir, timers: REAL_TIMERS, nowMs: () => CLOCK.nowMs(), log, running },
    pidOf: async (name) => (await engine.inspect(name))?.pid ?? 0,
    read: readPeakMemory,
  });
  const agent = await newAgent({ ...given, accounts, networks }, engine, machine);
  let revoke = () => {};
  const isRevoked = new Promise<void>((resolve) => {
    revoke = resolve;
  });
  // However long it takes: as long as a job is left, somebody must keep its time.
  const settled = isRevoked.then(() => agent.idle());
  const listener: LinkListener = {
    describe: (category) => agent.describe(category),
    welcomed: (link, welcome) => agent.welcomed(link, welcome),
    received: (link, frame) =>
      frame.type === "open" ? relays.open(link.category, frame) : agent.received(link, frame),
    heard: (category, sentAtMs) => agent.heard(category, sentAtMs),
    lost: (category) => agent.lost(category),
    revoked(category) {
      agent.revoked(category);
      revoke();
    },
  };
  const instance = randomBytes(8).toString("hex");
  const connections = identity.categories.map(
    (category) =>
      new Connection({
        ...{ identity, category, instance, version: VERSION, listener, clock: CLOCK, timers: REAL_TIMERS, log },
        machine: { hostname: hostname(), arch: machine.arch, podman: () => agent.status().podmanVersion },
        random: Math.random,
        welcomed: ({ oldestVersion }) => {
          if (isOlder(VERSION, oldestVersion)) {
            log.error({ version: VERSION, oldestVersion }, "version.too_old");
            agent.drain(`this runner is older than ${oldestVersion}; upgrade it`);
          }
        },
      }),
  );
  const relays = new Relays({
    ...{ identity, timers: REAL_TIMERS, clock: CLOCK, log },
    logOf: (ref) => agent.logOf(ref),
    gatewayMs: (category) => {
      const line = connections.find((connection) => connection.category === category);
      return CLOCK.nowMs() + (line?.state().offsetMs ?? 0);
    },
  });
  await agent.start();
  for (const connection of connections) {
    connection.dial();
  }
  return {
    connections,
    revoked: settled,
    status: () => statusOf({ agent, identity, machine, connections, uptimeMs: CLOCK.uptimeMs() }),
    drain(order) {
      if (order === null || typeof order === "object") {
        agent.planDrain(order);
      }
      if (order === null || typeof order === "string") {
        agent.drain(order);
      }
    },
    async close() {
      agent.drain("the runner is stopping");
      for (const connection of connections) {
        connection.close("the runner is stopping");
      }
      relays.close();
      accounts.close();
      await agent.close();
    },
  };
}

/** Of engine and agent. */
type Shared = { networks: JobNetworks };

function newEngine({ settings, podmanSocket, stateDir, networks, log }: Given & Shared): Engine {
  return createPodman({
    socketPath: podmanSocket,
    defaultRegistry: settings["default-registry"],
    authFile: settings["auth-file"] ?? null,
    allowList: settings.images ?? null,
    allowRoot: settings["allow-root"],
    owner: stateFolderId(stateDir),
    networks,
    log,
  });
}

async function newAgent(
  given: Given & Shared & { accounts: Accounts },
  engine: Engine,
  machine: Machine,
): Promise<Agent> {
  const { stateDir, identity, settings, podmanSocket, networks, log } = given;
  const rootless = podmanUser(podmanSocket) !== 0;
  const host = { rootless, subuid: readOrEmpty("/etc/subuid"), subgid: readOrEmpty("/etc/subgid") };
  if (settings["allow-root"] && !rootCanBeGranted(host)) {
    throw new UsageError(
      "allow-root: with a rootful Podman it needs ids for the user containers in /etc/subuid and /etc/subgid",
    );
  }
  const places = await openPlaces(stateDir, settings);
  const drives = await openDrives(given, engine, places.jobsDir);
  requireSafe(settings.hooks);
  const hooks = new Hooks({ paths: settings.hooks, timers: REAL_TIMERS, log });
  return createAgent({
    ...{ engine, stateDir, machine, drives, networks, hooks, log, clock: CLOCK },
    devices: await findDevices(settings, machine, podmanUser(podmanSocket)),
    identity: { runnerId: identity.runner.id, categories: identity.categories },
    ...(given.adoptForeign ? { adoptForeign: liveFolders } : {}),
    ended: (attempt, plan) => given.accounts.ended(attempt, plan),
    settings: {
      ...places,
      workKeepMs: settings["work-keep"],
      imageKeepMs: settings["image-keep"],
      jobUser: await jobUserOf(settings["job-user"], rootless, getent),
      allowRoot: settings["allow-root"],
      logCapBytes: settings["log-cap"],
      minFreeDiskBytes: settings["min-free-disk"],
      wayOut: wayOutOf(settings),
    },
    bootId: bootIdOf(settings["boot-id-file"]),
  });
}

/** A Podman that does not answer now is asked where its storage lies when it lists. */
async function openDrives({ settings, stateDir, log }: Given, engine: Engine, jobsDir: string): Promise<Drives> {
  const hasDrives = Object.keys(settings.drives).length > 0;
  const info = hasDrives ? await engine.info().catch(() => null) : null;
  const places = { jobsDir, stateDir, graphRoot: info?.graphRoot ?? null };
  return Drives.open({ settings: settings.drives, places, timers: REAL_TIMERS, log });
}

function bootIdOf(path: string): string {
  const id = readOrEmpty(path).trim();
  if (id === "") {
    throw new UsageError(`boot-id-file: ${path} cannot be read`);
  }
  return id;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
