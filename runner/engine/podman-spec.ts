/**
 * From a job to Podman's SpecGenerator: limits, hardening, mounts. Pure. Everything that a job must not have is said
 * here and not left to the machine's containers.conf; the OCI runtime and the seccomp profile are the machine's.
 */
import { isAbsolute, join } from "node:path/posix";
import type { ContainerOrder, LocatedMount } from "./engine.ts";
import { EngineError } from "./engine.ts";
import type { HostLimits } from "./host-limits.ts";
import { USER_NAMESPACE_SIZE } from "./host-limits.ts";
import { hostnameOf, jobHostname } from "./job-hostname.ts";
import { LABELS } from "./labels.ts";

export type Host = { rootless: boolean; limits: HostLimits };

export const WORK = "/work";
const CPU_PERIOD_US = 100_000;
const PIDS_PER_CPU = 4096;
const MAX_PIDS = 32_768;
const MAX_OPEN_FILES = 524_288;
/**
 * The kernel counts processes per user over all containers of that user, so this limit would let one job starve the
 * next; the pids cgroup bounds each. The kernel's own pid_max is the highest number that means anything.
 */
const MAX_USER_PROCESSES = 4_194_304;
/** JSON of ours cannot say 2^64 - 1; 8 PiB is no limit either. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;
/**
 * Against the system's 100. The OCI runtimes spread 10 to 1000 over 1 to 10000 for `io.weight`, whose default is 100
 * too: 15 becomes 51 there.
 */
const IO_WEIGHT = 15;
/** What images made for root need: change owners, drop to another user, signal their children. */
const ROOT_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID", "KILL"];

export function containerSpec(order: ContainerOrder, host: Host): Record<string, unknown> {
  const { plan } = order;
  const user = plan.asRoot ? { uid: 0, gid: 0 } : order.user;
  return {
    name: order.name,
    // By id: the tag may move between the pull and now.
    image: order.image.id,
    labels: order.labels,
    hostname: hostname(order),
    // An empty command keeps Podman from appending the image's CMD.
    entrypoint: plan.argv,
    command: [],
    env: environment(order),
    env_host: false,
    httpproxy: false,
    // Without one Podman takes the image's own.
    ...(plan.useImageWorkingDirectory ? {} : { work_dir: workingDirectory(order), create_working_dir: true }),
    user: `${user.uid}:${user.gid}`,
    ...(plan.asRoot ? {} : { passwd_entry: `ucloud:*:${user.uid}:${user.gid}:UCloud job:${home(order)}:/bin/sh` }),
    terminal: false,
    stdin: false,
    // Reaps children and passes TERM on; a plain program as process 1 does neither.
    init: true,
    systemd: "false",
    remove: false,
    restart_policy: "no",
    healthconfig: { test: ["NONE"] },
    cap_drop: ["all"],
    cap_add: plan.asRoot ? ROOT_CAPABILITIES : [],
    no_new_privileges: true,
    privileged: false,
    ...rootNamespace(order, host),
    ...driveRules(order),
    ...networkSpec(order),
    ...limitSpec(order, host),
    devices: order.gpuDevices.map((path) => ({ path })),
    log_configuration: { driver: "k8s-file", path: order.logFile, size: order.logCapBytes },
  };
}

/** A relative one is below `/work`, and so is none. */
export function workingDirectory({ plan }: Pick<ContainerOrder, "plan">): string {
  const given = plan.workingDirectory ?? "";
  return isAbsolute(given) ? join(given) : join(WORK, given);
}

/** Root keeps the image's home. */
function environment(order: ContainerOrder): Record<string, string> {
  const { plan, siteEnvironment } = order;
  return { ...(plan.asRoot ? {} : { HOME: home(order) }), ...siteEnvironment, ...plan.environment };
}

function home(order: ContainerOrder): string {
  return order.home ?? WORK;
}

function hostname({ labels, name }: ContainerOrder): string {
  const job = labels[LABELS.job];
  return job === undefined ? hostnameOf(name) : jobHostname(job);
}

/** Rootful, the container's root gets ids of its own; without `AutoUserNs` Podman would silently map root to root. */
function rootNamespace({ plan }: ContainerOrder, host: Host): Record<string, unknown> {
  if (!needsUserNamespace(plan, host)) {
    return {};
  }
  return {
    userns: { nsmode: "auto" },
    idmappings: { AutoUserNs: true, AutoUserNsOpts: { Size: USER_NAMESPACE_SIZE } },
  };
}

export function needsUserNamespace(plan: { asRoot: boolean }, host: { rootless: boolean }): boolean {
  return plan.asRoot && !host.rootless;
}

/**
 * `none` is a namespace with nothing but its own loopback: no Podman network is made for it. Every other network is the
 * job's own, named like its container; nothing of the machine's own search list goes into it.
 */
function networkSpec({ plan, name, resolvers = null }: ContainerOrder): Record<string, unknown> {
  switch (plan.network) {
    case "none":
      return { netns: { nsmode: "none" } };
    case "internet":
    case "site":
      // Nobody has made a network with rules for it.
      if (resolvers === null) {
        throw new EngineError({ code: "not_supported", detail: `network ${plan.network}` });
      }
      return {
        netns: { nsmode: "bridge" },
        networks: { [name]: { interface_name: "eth0" } },
        ...{ dns_server: resolvers, dns_search: ["."] },
      };
  }
}

function limitSpec(order: ContainerOrder, host: Host): Record<string, unknown> {
  const { cores = [] } = order;
  const { cpu, memoryBytes } = order.plan.resources;
  const share = (part: number): string[] =>
    memoryBytes > 0 ? [`size=${Math.max(4096, Math.floor(memoryBytes * part))}`] : [];
  const tmpfs = (destination: string, options: string[]) => ({
    destination,
    source: "tmpfs",
    type: "tmpfs",
    options: ["rw", "nosuid", "nodev", ...options, ...share(1 / 10)],
  });
  // Root in a namespace of its own could not write into a folder of the job's user: Podman gives it the folder (U).
  const work = needsUserNamespace(order.plan, host) ? ["U"] : [];
  return {
    resource_limits: {
      cpu: {
        ...(cpu > 0 ? { period: CPU_PERIOD_US, quota: quotaUs(cpu), shares: cpuShares(cpu) } : {}),
        ...(cores.length > 0 ? { cpus: cores.join(",") } : {}),
      },
      // Memory and swap together: no swap.
      memory: memoryBytes > 0 ? { limit: memoryBytes, swap: memoryBytes } : {},
      pids: { limit: pidsLimit(cpu) },
      ...(host.limits.ioWeight ? { blockIO: { weight: IO_WEIGHT } } : {}),
    },
    r_limits: rlimits(order, host),
    ...(memoryBytes > 0 ? { shm_size: Math.floor(memoryBytes / 2) } : {}),
    image_volume_mode: "ignore",
    mounts: [
      {
        destination: WORK,
        source: order.workFolder,
        type: "bind",
        // Z: a private SELinux label, nothing where SELinux is off.
        options: ["rbind", "rw", "nosuid", "nodev", "Z", ...work],
      },
      ...(order.drives?.mounts ?? []).map(driveMount),
      ...order.files.map(({ source, destination }) => ({
        ...{ destination, source, type: "bind" },
        options: ["bind", "ro", "nosuid", "nodev", "noexec", "Z"],
      })),
      tmpfs("/tmp", ["exec", "mode=1777"]),
      tmpfs("/run", ["noexec", "mode=755"]),
    ],
  };
}

/**
 * Of the drive's own file system alone, never relabelled, and what is mounted on either side later stays there. Programs
 * may be run from it.
 */
function driveMount({ source, destination, readOnly }: LocatedMount) {
  const options = ["bind", readOnly ? "ro" : "rw", "nosuid", "nodev", "private"];
  return { destination, source, type: "bind", options };
}

function driveRules({ drives }: ContainerOrder): Record<string, unknown> {
  return drives ? { groups: drives.groups.map(String), umask: drives.umask } : {};
}

/** The kernel takes no quota below 1 ms. */
function quotaUs(cpu: number): number {
  return Math.max(1000, Math.round(cpu * CPU_PERIOD_US));
}

function cpuShares(cpu: number): number {
  return Math.min(262_144, Math.max(2, Math.round(cpu * 1024)));
}

export function pidsLimit(cpu: number): number {
  return Math.min(MAX_PIDS, Math.max(64, Math.ceil(PIDS_PER_CPU * cpu)));
}

/** Podman 4.3 wants the names without `RLIMIT_`. */
export function rlimits(
  { gpuDevices }: Pick<ContainerOrder, "gpuDevices">,
  { limits, rootless }: Host,
): { type: string; hard: number; soft: number }[] {
  const equal = (type: string, value: number) => ({ type, hard: value, soft: value });
  // GPUs pin memory. A rootless process has every capability in its own namespace, and raises no limit of the machine's.
  const memlock = rootless || !limits.raisesLimits ? Math.min(limits.memlockBytes, UNLIMITED) : UNLIMITED;
  return [
    equal("NOFILE", Math.min(limits.nofile, MAX_OPEN_FILES)),
    equal("NPROC", Math.min(limits.nproc, MAX_USER_PROCESSES)),
    equal("CORE", 0),
    ...(gpuDevices.length > 0 ? [equal("MEMLOCK", memlock)] : []),
  ];
}
