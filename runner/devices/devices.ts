/** What of the machine is given to jobs one by one: its GPUs, as long as they are well, and its cores. */
import type { EngineInfo } from "../engine/engine.ts";
import type { Log } from "../log.ts";
import type { CdiFiles } from "./cdi.ts";
import type { CoreMap } from "./cores.ts";
import type { Gpu } from "./gpu.ts";

export type DeviceDeps = {
  gpus: readonly Gpu[];
  cdi: Pick<CdiFiles, "troubles">;
  /** Null: cores are not given one by one, because `whyNot`. */
  cores: CoreMap | null;
  whyNot: string | null;
};

export class Devices {
  readonly gpus: readonly Gpu[];
  /** By name: why no job gets it. One that has it keeps it. */
  lost: ReadonlyMap<string, string> = new Map();
  readonly #deps: DeviceDeps;
  readonly #log: Log;
  /** What the site's own health program says of devices. */
  readonly #illnesses: () => ReadonlyMap<string, string>;
  #hasCpuset: boolean | null = null;

  constructor(deps: DeviceDeps, log: Log, illnesses: () => ReadonlyMap<string, string>) {
    this.gpus = deps.gpus;
    this.#deps = deps;
    this.#log = log;
    this.#illnesses = illnesses;
  }

  /** Cheap: a few files, and whether a few paths exist. */
  look(): void {
    if (this.gpus.length === 0) {
      return;
    }
    const names = this.gpus.map(({ name }) => name);
    const lost = new Map([...this.#illnesses(), ...this.#deps.cdi.troubles(names)]);
    for (const name of names) {
      const [before, now] = [this.lost.get(name), lost.get(name)];
      if (now !== undefined && now !== before) {
        this.#log.warn({ gpu: name, why: now }, "gpu.lost");
      } else if (now === undefined && before !== undefined) {
        this.#log.info({ gpu: name }, "gpu.back");
      }
    }
    this.lost = new Map([...lost].filter(([name]) => names.includes(name)));
  }

  hear({ hasCpuset }: Pick<EngineInfo, "hasCpuset">): void {
    const isFirst = this.#hasCpuset !== hasCpuset;
    this.#hasCpuset = hasCpuset;
    const why = this.unpinned();
    if (isFirst && why !== null) {
      this.#log.info({ why }, "cores.not_pinned");
    }
  }

  /** Null: jobs get their own, or Podman has not said yet. */
  unpinned(): string | null {
    return this.#deps.whyNot ?? (this.#hasCpuset === false ? "Podman has no control of cpuset" : null);
  }

  cores(): CoreMap | null {
    return this.#hasCpuset && this.unpinned() === null ? this.#deps.cores : null;
  }
}
