/**
 * What Podman said of itself at the last listing. Its package may be upgraded under a runner that works: jobs go on, and
 * none is taken until the new version has set a container up as the runner relies on it.
 */
import { type Engine, EngineError, type EngineInfo } from "./engine/engine.ts";
import { errorFields, type Log } from "./log.ts";

export type PodmanChange = { from: string; to: string; atMs: number };

type Deps = { engine: Pick<Engine, "trySetUp">; log: Log; nowMs(): number };

export class PodmanSeen {
  rootless = false;
  missingControllers: string[] = [];
  /** null: it has not answered yet. */
  version: string | null = null;
  /** The last change since this process began; null: there was none. */
  change: PodmanChange | null = null;
  /** Why no job is taken, in a sentence; null: nothing new is untried. */
  untried: string | null = null;
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** True: it is another version than before. */
  note({ version, rootless, missingControllers }: EngineInfo): boolean {
    const before = this.version;
    this.version = version;
    this.rootless = rootless;
    this.missingControllers = missingControllers;
    if (before === null || before === version) {
      return false;
    }
    this.change = { from: before, to: version, atMs: this.#deps.nowMs() };
    this.untried = `Podman changed from ${before} to ${version} and is being tried.`;
    this.#deps.log.warn({ from: before, to: version }, "podman.changed");
    return true;
  }

  /** Tried again at each listing until it works. Never fails. */
  async tryNew(): Promise<void> {
    const { engine, log } = this.#deps;
    if (this.untried === null || this.change === null) {
      return;
    }
    const { from, to } = this.change;
    try {
      const isTried = await engine.trySetUp();
      this.untried = null;
      log.info({ version: to, isTried }, "podman.proven");
    } catch (error) {
      const code = error instanceof EngineError ? error.failure.code : "podman_failed";
      this.untried = `Podman changed from ${from} to ${to}, which does not set a container up (${code}).`;
      log.error({ version: to, ...errorFields(error) }, "podman.not_proven");
    }
  }
}
