/**
 * What this machine lets a container have. A container's limits cannot be above those of Podman's own process, which
 * lowers some of them for itself when it starts.
 */
import { readFile } from "node:fs/promises";

/** Hard limits; Infinity where there is none. */
export type HostLimits = {
  nofile: number;
  nproc: number;
  memlockBytes: number;
  /** Podman's process may go above its own hard limits: a root that was not deprived of it. */
  raisesLimits: boolean;
  ioWeight: boolean;
};

type ProcessLimits = Pick<HostLimits, "nofile" | "nproc" | "memlockBytes">;

/** A `/proc/PID/limits` file. A line that is missing or odd counts as no limit. Pure. */
export function parseLimits(text: string): ProcessLimits {
  const hard = (name: string): number => {
    const line = text.split("\n").find((line) => line.startsWith(name)) ?? "";
    const word = line.slice(name.length).trim().split(/\s+/)[1] ?? "";
    return /^\d+$/.test(word) ? Number(word) : Number.POSITIVE_INFINITY;
  };
  return { nofile: hard("Max open files"), nproc: hard("Max processes"), memlockBytes: hard("Max locked memory") };
}

/** A `/proc/PID/status` file. Without that line the process is given the benefit of the doubt. Pure. */
export function parseRaisesLimits(text: string): boolean {
  const [, mask] = /^CapEff:\s*([0-9a-f]+)$/m.exec(text) ?? [];
  return mask === undefined || ((BigInt(`0x${mask}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
}

const CAP_SYS_RESOURCE = 24n;

/** Files of cgroup v2 that show that the kernel weighs IO; without them a container with a weight does not start. */
const IO_WEIGHT_FILES = ["system.slice", "machine.slice", "user.slice"].flatMap((slice) => [
  `/sys/fs/cgroup/${slice}/io.bfq.weight`,
  `/sys/fs/cgroup/${slice}/io.weight`,
]);

/** `servicePid` is Podman's; without it, or where it may not be looked at, the runner's own limits stand for its. */
export async function readHostLimits(servicePid: string | null): Promise<HostLimits> {
  const service = servicePid === null ? null : await readFile(`/proc/${servicePid}/limits`, "utf8").catch(() => null);
  const found = await Promise.all(
    IO_WEIGHT_FILES.map((path) =>
      readFile(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  const status = await readFile(`/proc/${servicePid ?? "self"}/status`, "utf8").catch(() => "");
  return {
    ...(service === null ? await likelyLimits() : parseLimits(service)),
    raisesLimits: parseRaisesLimits(status),
    ioWeight: found.includes(true),
  };
}

/** When it starts, Podman lowers its own number of processes to that of the machine's process ids. */
async function likelyLimits(): Promise<ProcessLimits> {
  const own = parseLimits(await readFile("/proc/self/limits", "utf8"));
  const pidMax = Number.parseInt(await readFile("/proc/sys/kernel/pid_max", "utf8").catch(() => ""), 10);
  return { ...own, nproc: Math.min(own.nproc, Number.isNaN(pidMax) ? Number.POSITIVE_INFINITY : pidMax) };
}

/**
 * Whether an application may be root in its container. Rootless it is a subordinate id of the host anyway; rootful it
 * would be the host's root, so it needs a user namespace, whose ids Podman takes from the user `containers`. Pure.
 */
export function rootCanBeGranted(host: { rootless: boolean; subuid: string; subgid: string }): boolean {
  return host.rootless || (holdsRange(host.subuid) && holdsRange(host.subgid));
}

/** Ids that one container gets; a range must hold at least these. */
export const USER_NAMESPACE_SIZE = 65_536;

function holdsRange(text: string): boolean {
  return text.split("\n").some((line) => {
    const [name, first, count] = line.trim().split(":");
    return name === "containers" && Number(first) > 0 && Number(count) >= USER_NAMESPACE_SIZE;
  });
}
