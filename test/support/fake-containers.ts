/**
 * Containers in memory, and what happens to them by itself: programs that begin and end, supervisors that are killed,
 * a reboot after which nothing that is shown of them can be believed.
 */
import type { ContainerFacts, ContainerOrder } from "../../runner/engine/engine.ts";
import { EngineError } from "../../runner/engine/engine.ts";
import type { Clock } from "../../runner/link.ts";
import type { Timers } from "../../runner/timers.ts";
import type { Failure } from "../../shared/failure.ts";

type FakeContainer = { facts: ContainerFacts; alive: boolean; order: ContainerOrder; runs: number; bornMs: number };
type Waiting = { name: string; resolve: (code: number) => void; reject: (error: unknown) => void };

export const UNAVAILABLE: Failure = { code: "podman_unavailable" };

export class FakeContainers {
  readonly containers = new Map<string, FakeContainer>();
  away = false;
  service = "service-1";
  protected readonly clock: Clock & Timers;
  #waiting: Waiting[] = [];

  constructor(clock: Clock & Timers) {
    this.clock = clock;
  }

  /** The program begins; as with Podman, an exited one begins again. */
  run(name: string): void {
    const found = this.container(name);
    found.runs += found.alive ? 0 : 1;
    found.alive = true;
    found.bornMs = this.clock.uptimeMs();
    Object.assign(found.facts, { status: "running", pid: 4711, startedAtPodman: this.clock.nowMs(), exitCode: null });
  }

  exit(name: string, exitCode: number, oom = false): void {
    const found = this.container(name);
    found.alive = false;
    const finishedAtPodman = this.clock.nowMs();
    Object.assign(found.facts, { status: "exited", pid: 0, finishedAtPodman, exitCode, oom });
    const waiting = this.#waiting.filter((one) => one.name === name);
    this.#waiting = this.#waiting.filter((one) => one.name !== name);
    for (const one of waiting) {
      one.resolve(exitCode);
    }
  }

  /** Process and supervisor are killed: Podman goes on saying `running`. */
  killSupervisor(name: string): void {
    this.container(name).alive = false;
  }

  vanish(name: string): void {
    this.containers.delete(name);
  }

  goAway(): void {
    this.away = true;
    this.#rejectWaiting();
  }

  comeBack(service = this.service): void {
    this.away = false;
    this.service = service;
  }

  /** What ran is shown as `created`, or (newer Podman) as `exited (0)`; only the start time betrays it. */
  reboot(shownAs: "created" | "exited" = "created"): void {
    this.service = "service-after-reboot";
    this.#rejectWaiting();
    for (const found of this.containers.values()) {
      found.alive = false;
      if (found.facts.startedAtPodman !== null) {
        Object.assign(found.facts, { status: shownAs, pid: 0, exitCode: shownAs === "exited" ? 0 : null });
      }
    }
  }

  protected container(name: string): FakeContainer {
    const found = this.containers.get(name);
    if (found === undefined) {
      throw new EngineError({ code: "podman_failed" });
    }
    return found;
  }

  protected exitOf(name: string, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, resolve, reject });
      signal.addEventListener("abort", () => reject(new EngineError(UNAVAILABLE)));
    });
  }

  #rejectWaiting(): void {
    for (const one of this.#waiting.splice(0)) {
      one.reject(new EngineError(UNAVAILABLE));
    }
  }
}
