/**
 * A container engine in memory that does what Podman was seen to do, with faults on demand: starts without an answer, a
 * service that goes away, pulls that wait or fail.
 */
import type { ContainerFacts, ContainerOrder, Engine, EngineInfo } from "../../runner/engine/engine.ts";
import { EngineError } from "../../runner/engine/engine.ts";
import type { Failure } from "../../shared/failure.ts";
import { UNAVAILABLE } from "./fake-containers.ts";
import { FakeImages } from "./fake-images.ts";

/** What the next start does: answer and take effect, or only one of the two. */
export type StartFault =
  | "none"
  | "unanswered-but-started"
  | "unanswered-and-late"
  /** The call stays open, and takes effect late. */
  | "hanging"
  | "unanswered-and-not-started"
  | Failure;
/** Within the deadline of the call, as Podman under load does. */
const LATE_MS = 15_000;

export class FakeEngine extends FakeImages implements Engine {
  readonly startCalls: string[] = [];
  readonly signals: string[] = [];
  rootless = false;
  startFaults: StartFault[] = [];
  missingControllers: string[] = [];
  hasCpuset = true;
  version = "0";
  /** Trials of a set-up, and what they come to; null: they succeed. */
  trials = 0;
  trialFailure: Failure | null = null;
  createFailure: Failure | null = null;
  /** Runs right after a start took effect, before its answer. */
  afterStart: (name: string) => void = () => {};
  readonly freezeCalls: ("pause" | "unpause")[] = [];
  /** Runs when a pause or its end took effect, before its answer. */
  afterFreeze: () => void = () => {};
  /** Bytes that containers have written beside their mounts, by name. */
  readonly layers = new Map<string, number>();
  /** Programs die of TERM unless they are told not to. */
  ignoresTerm = false;
  exitCodeOnTerm = 143;
  /** What is mounted is not what was found. */
  mountFailure: Failure | null = null;
  /** The rules of a container's network do not stand. */
  networkFailure: Failure | null = null;
  /** Containers whose mounts this process has looked at, and starts of those that it has not. */
  readonly secured = new Set<string>();
  readonly unsecuredStarts: string[] = [];

  async info(): Promise<EngineInfo> {
    this.answer();
    const { missingControllers, hasCpuset, rootless, service, version } = this;
    const machine = { version, arch: "amd64", rootless, graphRoot: "/nowhere", networkBackend: "netavark" };
    return { ...machine, missingControllers, hasCpuset, serviceStartedAt: service };
  }

  async trySetUp(): Promise<boolean> {
    this.answer();
    this.trials++;
    if (this.trialFailure !== null) {
      throw new EngineError(this.trialFailure);
    }
    return true;
  }

  async list(): Promise<ContainerFacts[]> {
    this.answer();
    return [...this.containers.values()].map(({ facts }) => ({ ...facts }));
  }

  async inspect(name: string): Promise<ContainerFacts | null> {
    this.answer();
    const found = this.containers.get(name);
    return found === undefined ? null : { ...found.facts };
  }

  async create(order: ContainerOrder): Promise<void> {
    this.answer();
    if (this.createFailure !== null) {
      throw new EngineError(this.createFailure);
    }
    if (this.containers.has(order.name)) {
      await (order.drives ? this.secureMounts(order.name) : null);
      return;
    }
    const { name, labels } = order;
    const facts: ContainerFacts = {
      ...{ name, labels, status: "created", pid: 0, startedAtPodman: null, finishedAtPodman: null },
      ...{ exitCode: null, oom: false, imageDigest: "sha256:abc" },
    };
    this.containers.set(name, { facts, alive: false, order, runs: 0, bornMs: 0 });
    if (order.drives) {
      await this.secureMounts(name).catch((error) => {
        this.vanish(name);
        throw error;
      });
    }
  }

  async sweepNetworks(): Promise<void> {
    this.answer();
  }

  async secureNetwork(): Promise<void> {
    this.answer();
    if (this.networkFailure !== null) {
      throw new EngineError(this.networkFailure);
    }
  }

  async secureMounts(name: string): Promise<void> {
    this.answer();
    if (this.mountFailure !== null) {
      throw new EngineError(this.mountFailure);
    }
    this.secured.add(name);
  }

  async hasSecuredMounts(name: string): Promise<boolean> {
    this.answer();
    return this.secured.has(name);
  }

  async start(name: string): Promise<void> {
    this.answer();
    this.startCalls.push(name);
    if (this.containers.get(name)?.order.drives && !this.secured.has(name)) {
      this.unsecuredStarts.push(name);
    }
    const fault = this.startFaults.shift() ?? "none";
    if (typeof fault === "object") {
      throw new EngineError(fault);
    }
    if (fault === "unanswered-and-late" || fault === "hanging") {
      this.clock.after(LATE_MS, () => this.#startLate(name));
    } else if (fault !== "unanswered-and-not-started") {
      this.run(name);
      this.afterStart(name);
    }
    if (fault === "hanging") {
      await new Promise(() => {});
    }
    if (fault !== "none") {
      throw new EngineError(UNAVAILABLE, { unknown: true });
    }
  }

  async wait(name: string, signal: AbortSignal): Promise<number> {
    this.answer();
    const { facts } = this.container(name);
    if (facts.status === "exited" && facts.exitCode !== null) {
      return facts.exitCode;
    }
    return this.exitOf(name, signal);
  }

  async kill(name: string, signal: "TERM" | "KILL"): Promise<void> {
    this.answer();
    this.signals.push(signal);
    const found = this.containers.get(name);
    if (found?.alive && found.facts.status === "paused") {
      found.facts.status = "running";
    }
    if (found?.alive && (signal === "KILL" || !this.ignoresTerm)) {
      this.exit(name, signal === "KILL" ? 137 : this.exitCodeOnTerm);
    }
  }

  pause(name: string): Promise<void> {
    return this.#freeze(name, "pause");
  }

  unpause(name: string): Promise<void> {
    return this.#freeze(name, "unpause");
  }

  async #freeze(name: string, call: "pause" | "unpause"): Promise<void> {
    this.answer();
    this.freezeCalls.push(call);
    const { alive, facts } = this.container(name);
    if (alive) {
      facts.status = call === "pause" ? "paused" : "running";
    }
    this.afterFreeze();
  }

  async remove(name: string): Promise<void> {
    this.answer();
    this.vanish(name);
  }

  async layerBytes(name: string): Promise<number | null> {
    this.answer();
    return this.containers.has(name) ? (this.layers.get(name) ?? 0) : null;
  }

  async isAlive(facts: ContainerFacts, notBeforeMs: number | null): Promise<boolean> {
    const container = this.containers.get(facts.name);
    return container?.alive === true && container.bornMs >= (notBeforeMs ?? 0);
  }

  /** What is not there any more, or ran meanwhile, is as Podman would leave it: nothing, or run again. */
  #startLate(name: string): void {
    if (this.containers.has(name) && !this.container(name).alive) {
      this.run(name);
    }
  }
}
