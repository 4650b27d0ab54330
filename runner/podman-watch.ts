/**
 * Whether Podman answers, and what it lists: once at the start until it does, then every 30 s, sooner when a call failed.
 * Podman being away says nothing about the jobs: unknown is not dead.
 */
import { doubling } from "../shared/backoff.ts";
import { type ContainerFacts, type Engine, EngineError, type EngineInfo } from "./engine/engine.ts";
import { errorFields, type Log } from "./log.ts";
import type { Timers } from "./timers.ts";

const EVERY_MS = 30_000;
const RETRY_MS = 250;
const RETRY_MAX_MS = 5_000;

export type PodmanState = "unknown" | "up" | "away";

export type Listed = { info: EngineInfo; containers: ContainerFacts[] };

type Deps = {
  engine: Engine;
  timers: Timers;
  log: Log;
  /** After each complete listing. What it throws makes the listing count as failed. */
  listed(listed: Listed): Promise<void>;
  changed(): void;
};

export class PodmanWatch {
  readonly #deps: Deps;
  #state: PodmanState = "unknown";
  #failures = 0;
  #closed = false;
  #wake: (() => void) | null = null;
  #hurry = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get state(): PodmanState {
    return this.#state;
  }

  begin(): void {
    this.#loop = this.#run();
  }

  /** A call to Podman failed: where it may be away, it is asked now. */
  troubled(error: unknown): void {
    const isInDoubt = error instanceof EngineError && (error.unknown || error.failure.code === "podman_unavailable");
    if (isInDoubt && this.#failures === 0) {
      this.#hurry = true;
      this.#wake?.();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#hurry = false;
      const ms = (await this.#list()) ? EVERY_MS : doubling(this.#failures - 1, RETRY_MS, RETRY_MAX_MS);
      if (!this.#closed && !this.#hurry) {
        await this.#rest(ms);
      }
    }
  }

  async #list(): Promise<boolean> {
    const { engine, log, listed } = this.#deps;
    try {
      const info = await engine.info();
      const containers = await engine.list();
      if (this.#closed) {
        return true;
      }
      await listed({ info, containers });
      this.#failures = 0;
      this.#become("up");
      return true;
    } catch (error) {
      this.#failures += 1;
      this.#hurry = false;
      if (this.#failures === 1) {
        log.warn(errorFields(error), "podman.away");
      }
      this.#become(this.#state === "unknown" ? "unknown" : "away");
      return false;
    }
  }

  #become(state: PodmanState): void {
    const before = this.#state;
    this.#state = state;
    if (before !== state) {
      this.#deps.log.info({ before, state }, "podman.state");
      this.#deps.changed();
    }
  }

  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const takeBack = this.#deps.timers.after(ms, resolve);
      this.#wake = () => {
        takeBack();
        resolve();
      };
    });
    this.#wake = null;
  }
}
