/**
 * A container engine in memory that does what Podman was seen to do, with faults on demand: starts without an answer, a
 * service that goes away, processes that vanish, a reboot after which nothing it says can be believed.
 */
import type {
  ContainerFacts,
  ContainerOrder,
  Engine,
  EngineInfo,
  ImageFacts,
  PullProgress,
} from "../../runner/engine/engine.ts";
import { EngineError } from "../../runner/engine/engine.ts";
import type { Clock } from "../../runner/link.ts";
import type { Timers } from "../../runner/timers.ts";
import type { Failure } from "../../shared/failure.ts";
import type { JobPlan } from "../../shared/plan.ts";

type FakeContainer = { facts: ContainerFacts; alive: boolean; order: ContainerOrder; runs: number };
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
type Waiting = { name: string; resolve: (code: number) => void; reject: (error: unknown) => void };

const UNAVAILABLE: Failure = { code: "podman_unavailable" };

export class FakeEngine implements Engine {
  readonly containers = new Map<string, FakeContainer>();
  readonly startCalls: string[] = [];
  readonly signals: string[] = [];
  images = new Set(["busybox"]);
  shell = "bash";
  allowRoot = false;
  away = false;
  service = "service-1";
  startFaults: StartFault[] = [];
  createFailure: Failure | null = null;
  pullFailure: Failure | null = null;
  /** Runs right after a start took effect, before its answer. */
  afterStart: (name: string) => void = () => {};
  /** Programs die of TERM unless they are told not to. */
  ignoresTerm = false;
  exitCodeOnTerm = 143;
  #pullGate: Promise<void> | null = null;
  #openPullGate: () => void = () => {};
  #waiting: Waiting[] = [];
  readonly #clock: Clock & Timers;

  constructor(clock: Clock & Timers) {
    this.#clock = clock;
  }

  async info(): Promise<EngineInfo> {
    this.#answer();
    return { version: "0", arch: "amd64", rootless: false, graphRoot: "/nowhere", serviceStartedAt: this.service };
  }

  async list(): Promise<ContainerFacts[]> {
    this.#answer();
    return [...this.containers.values()].map(({ facts }) => ({ ...facts }));
  }

  async inspect(name: string): Promise<ContainerFacts | null> {
    this.#answer();
    const found = this.containers.get(name);
    return found === undefined ? null : { ...found.facts };
  }

  async prepareImage(
    plan: JobPlan,
    options: { signal: AbortSignal; progress: (p: PullProgress) => void },
  ): Promise<ImageFacts> {
    this.#answer();
    if (this.#pullGate !== null && !this.images.has(plan.image)) {
      options.progress({ text: "Downloading the image" });
      const aborted = new Promise<never>((_, reject) => {
        options.signal.addEventListener("abort", () => reject(new EngineError({ code: "pull_failed" })));
      });
      await Promise.race([this.#pullGate, aborted]);
    }
    if (plan.asRoot && !this.allowRoot) {
      throw new EngineError({ code: "root_not_allowed" });
    }
    if (this.pullFailure !== null) {
      throw new EngineError(this.pullFailure);
    }
    this.images.add(plan.image);
    const facts = { id: `id-${plan.image}`, digest: "sha256:abc", name: plan.image, environment: {} };
    return plan.script === undefined ? facts : { ...facts, shell: this.shell };
  }

  async hasImage(plan: JobPlan): Promise<boolean> {
    this.#answer();
    return this.images.has(plan.image);
  }

  async create(order: ContainerOrder): Promise<void> {
    this.#answer();
    if (this.createFailure !== null) {
      throw new EngineError(this.createFailure);
    }
    if (this.containers.has(order.name)) {
      return;
    }
    const { name, labels } = order;
    const facts: ContainerFacts = {
      ...{ name, labels, status: "created", pid: 0, startedAtPodman: null, finishedAtPodman: null },
      ...{ exitCode: null, oom: false, imageDigest: "sha256:abc" },
    };
    this.containers.set(name, { facts, alive: false, order, runs: 0 });
  }

  async start(name: string): Promise<void> {
    this.#answer();
    this.startCalls.push(name);
    const fault = this.startFaults.shift() ?? "none";
    if (typeof fault === "object") {
      throw new EngineError(fault);
    }
    if (fault === "unanswered-and-late" || fault === "hanging") {
      this.#clock.after(LATE_MS, () => this.#startLate(name));
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
    this.#answer();
    const { facts } = this.#container(name);
    if (facts.status === "exited" && facts.exitCode !== null) {
      return facts.exitCode;
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, resolve, reject });
      signal.addEventListener("abort", () => reject(new EngineError(UNAVAILABLE)));
    });
  }

  async kill(name: string, signal: "TERM" | "KILL"): Promise<void> {
    this.#answer();
    this.signals.push(signal);
    const found = this.containers.get(name);
    if (found?.alive && (signal === "KILL" || !this.ignoresTerm)) {
      this.exit(name, signal === "KILL" ? 137 : this.exitCodeOnTerm);
    }
  }

  async remove(name: string): Promise<void> {
    this.#answer();
    this.containers.delete(name);
  }

  async isAlive(facts: ContainerFacts): Promise<boolean> {
    return this.containers.get(facts.name)?.alive ?? false;
  }

  /** The program begins; as with Podman, an exited one begins again. */
  run(name: string): void {
    const found = this.#container(name);
    found.runs += found.alive ? 0 : 1;
    found.alive = true;
    Object.assign(found.facts, { status: "running", pid: 4711, startedAtPodman: this.#clock.nowMs(), exitCode: null });
  }

  exit(name: string, exitCode: number, oom = false): void {
    const found = this.#container(name);
    found.alive = false;
    const finishedAtPodman = this.#clock.nowMs();
    Object.assign(found.facts, { status: "exited", pid: 0, finishedAtPodman, exitCode, oom });
    const waiting = this.#waiting.filter((one) => one.name === name);
    this.#waiting = this.#waiting.filter((one) => one.name !== name);
    for (const one of waiting) {
      one.resolve(exitCode);
    }
  }

  /** Process and supervisor are killed: Podman goes on saying `running`. */
  killSupervisor(name: string): void {
    this.#container(name).alive = false;
  }

  vanish(name: string): void {
    this.containers.delete(name);
  }

  goAway(): void {
    this.away = true;
    for (const one of this.#waiting.splice(0)) {
      one.reject(new EngineError(UNAVAILABLE));
    }
  }

  comeBack(service = this.service): void {
    this.away = false;
    this.service = service;
  }

  /** What ran is shown as `created`, or (newer Podman) as `exited (0)`; only the start time betrays it. */
  reboot(shownAs: "created" | "exited" = "created"): void {
    this.service = "service-after-reboot";
    for (const one of this.#waiting.splice(0)) {
      one.reject(new EngineError(UNAVAILABLE));
    }
    for (const found of this.containers.values()) {
      found.alive = false;
      if (found.facts.startedAtPodman !== null) {
        Object.assign(found.facts, { status: shownAs, pid: 0, exitCode: shownAs === "exited" ? 0 : null });
      }
    }
  }

  /** Pulls of images that are not here wait until the returned function is called. */
  holdPulls(): () => void {
    this.#pullGate = new Promise((resolve) => {
      this.#openPullGate = resolve;
    });
    return () => {
      this.#openPullGate();
      this.#pullGate = null;
    };
  }

  /** What is not there any more, or ran meanwhile, is as Podman would leave it: nothing, or run again. */
  #startLate(name: string): void {
    if (this.containers.has(name) && !this.#container(name).alive) {
      this.run(name);
    }
  }

  #container(name: string): FakeContainer {
    const found = this.containers.get(name);
    if (found === undefined) {
      throw new EngineError({ code: "podman_failed" });
    }
    return found;
  }

  #answer(): void {
    if (this.away) {
      throw new EngineError(UNAVAILABLE);
    }
  }
}
