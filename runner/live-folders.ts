/**
 * In which state folders a runner works now. A folder's id stands in labels, its path does not, so this is seen from the
 * other side: whoever holds a state folder's lock has its file open.
 */
import { readdir, readlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readFolderId } from "./ownership.ts";
import { LOCK_FILE } from "./state-lock.ts";

/** Of processes whose files this user may see: its own, root's view has all. Without this process's own. */
export async function liveFolders(): Promise<ReadonlySet<string>> {
  const live = new Set<string>();
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  for (const pid of pids) {
    for (const file of await openFiles(pid)) {
      // As that process sees it: it may have another root.
      const id = file.endsWith(`/${LOCK_FILE}`) ? readFolderId(join(`/proc/${pid}/root`, dirname(file))) : null;
      if (id !== null) {
        live.add(id);
      }
    }
  }
  return live;
}

async function openFiles(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => "")));
}
