/**
 * The drives of this runner: which folder each is, whether it is there, and which jobs may use it.
 *
 * A drive is its real folder from the moment at which it was first seen; `*` is one folder whose sub-folders are drives,
 * each there or not, never made. File systems may hang: they are asked one at a time, and while one does not answer,
 * what was known stands.
 */
import { readdir, realpath, stat } from "node:fs/promises";
import type { ServedDrive } from "../../shared/capacity.ts";
import type { Failure } from "../../shared/failure.ts";
import { DRIVE_ID, type JobPlan } from "../../shared/plan.ts";
import type { DriveUse } from "../engine/engine.ts";
import { codeOf } from "../error-code.ts";
import type { Log } from "../log.ts";
import type { Drive } from "../settings.ts";
import { type Timers, within } from "../timers.ts";
import { UsageError } from "../usage-error.ts";
import { Lane } from "./lane.ts";
import { type DrivePlace, locateMounts } from "./locate.ts";
import { conflictOf, type Places, realPlace } from "./places.ts";
import { type Found, servedDrives } from "./report.ts";

const LOOK_MS = 5_000;
/** Node has four threads for all files of the process. Drives that hang must not have them all. */
const WALKS_AT_ONCE = 2;

export type DriveSettings = Readonly<Record<string, Drive>>;
type Given = { settings: DriveSettings; places: Places; timers: Timers; log: Log };

export type DriveStatus = { id: string; folder: string; trouble: string | null };

export class Drives {
  readonly #settings: ReadonlyMap<string, Drive>;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #places: Places;
  /** Real folders by id; once seen, they stay. */
  readonly #folders = new Map<string, string>();
  readonly #troubles = new Map<string, string>();
  readonly #misplaced = new Map<string, string>();
  #found: Found = { named: new Map(), all: null };
  #looking: Promise<void> | null = null;
  readonly #lane = new Lane(WALKS_AT_ONCE);

  constructor({ settings, places, timers, log }: Given) {
    this.#settings = new Map(Object.entries(settings));
    this.#timers = timers;
    this.#log = log;
    this.#places = { ...places };
  }

  /** @throws UsageError naming the setting of a drive that lies where none may. */
  static async open(given: Given): Promise<Drives> {
    const { jobsDir, stateDir, graphRoot } = given.places;
    const real = { jobsDir: await realPlace(jobsDir), stateDir: await realPlace(stateDir), graphRoot };
    const drives = new Drives({ ...given, places: real });
    await drives.look(graphRoot);
    for (const [id, conflict] of drives.#misplaced) {
      throw new UsageError(`drives.${id}.folder: ${conflict}`);
    }
    return drives;
  }

  /** What is there now, or was when it was last seen. `graphRoot` as Podman tells it. */
  async look(graphRoot: string | null): Promise<void> {
    this.#places.graphRoot = graphRoot ?? this.#places.graphRoot;
    if (this.#settings.size === 0) {
      return;
    }
    this.#looking ??= this.#lookAt().finally(() => {
      this.#looking = null;
    });
    await within(this.#timers, LOOK_MS, this.#looking);
  }

  served(): ServedDrive[] {
    return servedDrives(this.#settings, this.#found);
  }

  status(): DriveStatus[] {
    return [...this.#settings].map(([id, { folder }]) => {
      const isThere = id === "*" ? this.#found.all !== null : this.#found.named.has(id);
      return { id, folder, trouble: isThere ? null : (this.#troubles.get(id) ?? "the folder does not answer") };
    });
  }

  /** Why a job may not have what it wants of this runner's drives; null: it may. */
  refusal({ mounts = [], workspace }: Pick<JobPlan, "mounts" | "workspace">): Failure | null {
    for (const { drive: id } of mounts) {
      const place = this.#place(id);
      if (place === null) {
        return { code: "drive_unavailable", detail: `drive ${id}` };
      }
      if (place.drive.workspaces?.includes(workspace) === false) {
        return { code: "drive_not_allowed", detail: `drive ${id}` };
      }
    }
    return null;
  }

  /** What a job is to mount, found now. null: it uses no drive. Throws `EngineError`. */
  async locate(plan: Pick<JobPlan, "mounts">): Promise<DriveUse | null> {
    if (!plan.mounts?.length) {
      return null;
    }
    await this.#lane.enter();
    try {
      return await locateMounts(plan, (id) => this.#place(id));
    } finally {
      this.#lane.leave();
    }
  }

  /** One that the settings name is never looked for below `*`. */
  #place(id: string): DrivePlace | null {
    const drive = this.#settings.get(id);
    if (drive !== undefined) {
      const root = this.#found.named.get(id);
      return root === undefined ? null : { drive, root, names: [] };
    }
    const all = this.#settings.get("*");
    const isThere = this.#found.all?.ids.has(id) ?? false;
    return all !== undefined && this.#found.all !== null && isThere
      ? { drive: all, root: this.#found.all.folder, names: [id] }
      : null;
  }

  async #lookAt(): Promise<void> {
    const named = new Map<string, string>();
    let all: Found["all"] = null;
    for (const [id, { folder: given }] of this.#settings) {
      try {
        const folder = await this.#folderOf(id, given);
        if (folder !== null && id === "*") {
          all = { folder, ids: await this.#idsIn(folder) };
        } else if (folder !== null) {
          named.set(id, folder);
        }
      } catch (error) {
        const code = codeOf(error) ?? "it cannot be read";
        this.#miss(id, code === "ENOENT" ? "there is no such folder" : code);
      }
    }
    this.#found = { named, all };
  }

  /** null: it may not be where it is. */
  async #folderOf(id: string, given: string): Promise<string | null> {
    const folder = this.#folders.get(id) ?? (await realpath(given));
    if (!(await stat(folder)).isDirectory()) {
      return this.#miss(id, "it is no folder");
    }
    const others = new Map([...this.#folders].filter(([other]) => other !== id));
    const conflict = conflictOf(folder, others, this.#places);
    if (conflict !== null) {
      this.#misplaced.set(id, conflict);
      return this.#miss(id, conflict);
    }
    this.#folders.set(id, folder);
    this.#troubles.delete(id);
    return folder;
  }

  async #idsIn(folder: string): Promise<ReadonlySet<string>> {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory() && DRIVE_ID.test(entry.name));
    return new Set(names.map(({ name }) => name).filter((name) => !this.#settings.has(name)));
  }

  /** Said once as long as it stays so. */
  #miss(id: string, trouble: string): null {
    if (this.#troubles.get(id) !== trouble) {
      this.#troubles.set(id, trouble);
      this.#log.error({ drive: id, trouble }, "drive.not_served");
    }
    return null;
  }
}
