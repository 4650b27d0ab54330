/**
 * Removing a job's folder with whatever its program left there: by `rm`, which follows nothing and stays on one file
 * system, as a process of its own, since a file system that hangs must not hang the runner. A rootless runner does not own
 * what its jobs made; their ids are those of its Podman's user namespace.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat } from "node:fs/promises";

/** Millions of files take this long on a slow disk; the next sweep goes on with what is left. */
const REMOVE_MS = 10 * 60_000;

export type Remove = (path: string) => Promise<void>;

export class RemovalError extends Error {
  override name = "RemovalError";
}

const RM = ["rm", "-rf", "--one-file-system", "--"];
const UNSHARED = ["podman", "unshare", ...RM];

/** Tried one after the other; a unit that may not make user namespaces asks the user's systemd to do it. */
export function removalCommands(isRoot: boolean): string[][] {
  return isRoot ? [RM] : [UNSHARED, ["systemd-run", "--user", "--wait", "--collect", "--quiet", ...UNSHARED]];
}

/** @throws RemovalError: some of it is still there. */
export function createRemoval(isRoot: boolean): Remove {
  return async (path) => {
    for (const command of removalCommands(isRoot)) {
      await run([...command, path]);
      if ((await lstat(path).catch(() => null)) === null) {
        return;
      }
    }
    throw new RemovalError("the folder is still there");
  };
}

/** Whether it worked is seen on the disk. */
async function run([program = "", ...args]: string[]): Promise<void> {
  const child = spawn(program, args, { cwd: "/", stdio: "ignore", timeout: REMOVE_MS, killSignal: "SIGKILL" });
  await once(child, "exit").catch(() => {
    // There is no such program here.
  });
}
