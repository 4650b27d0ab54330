/** The cores of this machine that a container may be pinned to, as the kernel shows them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CoreMap, parseCores } from "./cores.ts";

const NODES = "/sys/devices/system/node";

/** Where containers live may have fewer than this process. */
function slices(podmanUid: number): string[] {
  const users = `/sys/fs/cgroup/user.slice/user-${podmanUid}.slice`;
  return podmanUid === 0
    ? ["/sys/fs/cgroup/machine.slice", "/sys/fs/cgroup/cpuset"]
    : [users, `${users}/user@${podmanUid}.service`];
}

/** `given`: how many jobs get in all. Null: the kernel does not say which there are. */
export function readCoreMap(given: number, podmanUid: number): CoreMap | null {
  const [, allowed = ""] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read("/proc/self/status")) ?? [];
  const bounds = slices(podmanUid)
    .map((folder) => parseCores(read(join(folder, "cpuset.cpus.effective")) || read(join(folder, "cpuset.cpus"))))
    .filter(({ length }) => length > 0);
  const cores = parseCores(allowed).filter((core) => bounds.every((bound) => bound.includes(core)));
  const nodes = nodeNames().map((name) => parseCores(read(join(NODES, name, "cpulist"))));
  return cores.length === 0 ? null : { cores, nodes, kept: Math.max(0, cores.length - Math.ceil(given)) };
}

function nodeNames(): string[] {
  try {
    return readdirSync(NODES).filter((name) => /^node\d+$/.test(name));
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
