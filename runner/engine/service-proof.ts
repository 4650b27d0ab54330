/**
 * Which process answers on Podman's socket. When it is another one than before, a start that the old one never
 * answered will never happen. Node cannot ask a socket for its peer, so the listener is looked up in /proc.
 */
import { readdir, readFile, readlink } from "node:fs/promises";

/** Pure: the inode of the socket that listens at `path`, from `/proc/net/unix`; null if nobody does. */
export function listenerInode(unixSockets: string, path: string): string | null {
  // Num RefCount Protocol Flags Type St Inode Path; flag 0x10000 means that it accepts connections.
  for (const line of unixSockets.split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[7] === path && (Number.parseInt(fields[3] ?? "0", 16) & 0x10000) !== 0) {
      return fields[6] ?? null;
    }
  }
  return null;
}

export type ServiceProcess = { pid: string; startTicks: string };

/** Looks first at the process that it was: a machine with thousands of them is spared the search. */
export class ServiceFinder {
  readonly #socketPath: string;
  #last: ServiceProcess | null = null;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /**
   * Null if it cannot be told: another user's, or none at the moment. With systemd's socket activation systemd holds the
   * same socket, so only processes called podman count.
   */
  async find(): Promise<ServiceProcess | null> {
    const inode = listenerInode(await readFile("/proc/net/unix", "utf8").catch(() => ""), this.#socketPath);
    if (inode === null) {
      return null;
    }
    const same = this.#last === null ? null : await serviceAt(this.#last.pid, inode);
    this.#last = same ?? (await search(inode));
    return this.#last;
  }
}

async function search(inode: string): Promise<ServiceProcess | null> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const found = await serviceAt(pid, inode);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

async function serviceAt(pid: string, inode: string): Promise<ServiceProcess | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  const isService = name === "podman" && (await holdsSocket(pid, inode));
  return isService ? { pid, startTicks: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "" } : null;
}

async function holdsSocket(pid: string, inode: string): Promise<boolean> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  return targets.includes(`socket:[${inode}]`);
}
