/** The most memory that a container has held so far, by its cgroup. It goes with the container, so it is read while it runs. */
import { readFile } from "node:fs/promises";

const CGROUPS = "/sys/fs/cgroup";

/** null: there is no such process, it is in no container of Podman's, or the kernel does not tell. */
export async function readPeakMemory(pid: number, proc = "/proc", cgroups = CGROUPS): Promise<number | null> {
  if (pid <= 0) {
    return null;
  }
  try {
    const file = peakFileOf(await readFile(`${proc}/${pid}/cgroup`, "utf8"), cgroups);
    const bytes = file === null ? Number.NaN : Number((await readFile(file, "utf8")).trim());
    return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
  } catch {
    return null;
  }
}

/** Pure. A process of the container may be in a folder below the container's own. */
export function peakFileOf(cgroup: string, cgroups: string): string | null {
  const lines = cgroup.split("\n").map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const of = (name: string) => lines.find((match) => (match?.[1] ?? "-").split(",").includes(name))?.[2];
  const older = containerOf(of("memory"));
  const unified = containerOf(of(""));
  if (older !== null) {
    return `${cgroups}/memory${older}/memory.max_usage_in_bytes`;
  }
  return unified === null ? null : `${cgroups}${unified}/memory.peak`;
}

function containerOf(path: string | undefined): string | null {
  return /^(.*\/libpod-[0-9a-f]{64}(\.scope)?)(\/|$)/.exec(path ?? "")?.[1] ?? null;
}
