/**
 * What is mounted into a container, against what was to be mounted. A container that is set up has its mounts, each
 * holds what the path meant at that moment, and its program has not begun: so this is when to look.
 *
 * Every name of the destination is looked at on the way: a link in the image would lead the look to another place than
 * the one that the runtime mounted at.
 */
import { walk } from "../drives/walk.ts";
import { REAL_TIMERS, within } from "../timers.ts";
import { type Means, setUp } from "./container-set-up.ts";
import { EngineError, type LocatedMount } from "./engine.ts";
import { waitingProcess } from "./setup-proof.ts";

/** A file system that hangs holds nobody up for longer. */
const LOOK_MS = 10_000;

export class MountProof {
  readonly #means: Means;
  /** By container name: the process whose mounts were looked at. */
  readonly #proven = new Map<string, string>();

  constructor(means: Means) {
    this.#means = means;
  }

  /** Throws `file_not_usable`, or `mount_failed` where the container cannot be set up or nobody can tell. */
  async secure(name: string, mounts: readonly LocatedMount[]): Promise<void> {
    const { inspected, process: before } = await setUp(this.#means, name);
    const looked = await within(REAL_TIMERS, LOOK_MS, requireMounts(`/proc/${inspected.State.Pid}/root`, mounts));
    // Its number may have become another's while we looked.
    if (looked.in === "late" || (await waitingProcess(inspected)) !== before) {
      throw new EngineError({ code: "mount_failed" }, { cause: new Error("its mounts could not be looked at") });
    }
    this.#proven.set(name, before);
  }

  async holds(name: string): Promise<boolean> {
    const known = this.#proven.get(name);
    const inspected = known === undefined ? null : await this.#means.inspect(name);
    return inspected !== null && known === (await waitingProcess(inspected));
  }

  forget(name: string): void {
    this.#proven.delete(name);
  }
}

async function requireMounts(root: string, mounts: readonly LocatedMount[]): Promise<void> {
  for (const { destination, kind, identity } of mounts) {
    const found = await walk(root, destination.split("/").slice(1)).catch((error: unknown) => {
      throw new EngineError({ code: "mount_failed" }, { cause: error });
    });
    if (found.is !== kind || found.identity !== identity) {
      throw new EngineError({ code: "file_not_usable", detail: destination.slice(0, 200) });
    }
  }
}
