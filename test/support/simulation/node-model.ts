/**
 * What is on a runner's machine by the rules of the protocol: its journal and its containers, which survive a crash of
 * the process. It notes every start, so that a second one is seen.
 */
import type { Failure } from "../../../shared/failure.ts";
import { type Ref, refName } from "../../../shared/ids.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import type { Exited, Fact, FactKey, RunnerFrame } from "../../../shared/protocol.ts";
import type { Dice } from "./dice.ts";
import { outputFolderOf } from "./files.ts";

export type Held = {
  ref: Ref;
  plan: JobPlan | null;
  phase: "preparing" | "ready" | "granted" | "running" | "ended";
  cancelled: boolean;
  startedAtMs: number | null;
  startedAcked: boolean;
  /** The running time that it counts with, and whether the gateway knows. */
  wallMs: number;
  wallUntold: boolean;
  suspension: { n: number; paused: boolean; untold: Extract<Fact, { kind: "suspended" | "resumed" }>[] };
  outcome:
    | { kind: "exited"; cause: Exited["cause"]; exitCode: number | null; ranMs: number | null }
    | { kind: "not-started"; failure: Failure }
    | null;
};

type Surroundings = {
  dice: Dice;
  /** Of every container that ever began: job and incarnation. */
  starts: string[];
  say(frame: RunnerFrame): void;
  /** There is more room than before. */
  freed(): void;
};

export function mayRun({ phase }: Held): boolean {
  return phase === "running" || phase === "granted";
}

function startOf({ plan }: Held, agoMs: number): Fact {
  return { kind: "started", agoMs, imageDigest: null, ...outputFolderOf(plan ?? {}) };
}

export class NodeModel {
  readonly held = new Map<string, Held>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Something that happens on the node by itself; returns false when nothing can. */
  live(nowMs: number): boolean {
    const busy = [...this.held.values()].filter(({ phase }) => phase !== "ended" && phase !== "ready");
    const one = this.#around.dice.pick(busy);
    if (one === undefined) {
      return false;
    }
    this.#advance(one, nowMs);
    return true;
  }

  /** The gateway gives up after `maxSilence`; what runs has been stopped by then. */
  endSilent(silentMs: number, marginMs: number, nowMs: number): void {
    for (const one of this.held.values()) {
      const limitMs = one.plan?.maxSilenceMs ?? null;
      if (limitMs !== null && mayRun(one) && silentMs >= limitMs - marginMs) {
        this.#exit(one, "silence", one.phase === "running" ? 137 : null, nowMs);
      }
    }
  }

  isRunning(job: string, incarnation: string): boolean {
    return [...this.held.values()].some(
      ({ ref, phase }) => phase === "running" && ref.job === job && ref.incarnation === incarnation,
    );
  }

  hold(ref: Ref, plan: JobPlan, phase: "preparing" | "ready"): void {
    const blank = { cancelled: false, startedAtMs: null, startedAcked: false, outcome: null, wallUntold: false };
    const suspension = { n: 0, paused: false, untold: [] };
    this.held.set(refName(ref), { ref, plan, phase, wallMs: plan.wallMs, suspension, ...blank });
  }

  /** The order is newer than the last one, and heeded at once. */
  suspend(one: Held, n: number, wanted: boolean): void {
    if (one.phase === "running" && n > one.suspension.n) {
      one.suspension.n = n;
      this.#pause(one, wanted, false);
    }
  }

  #pause(one: Held, paused: boolean, byLimit: boolean): void {
    const { suspension, ref } = one;
    suspension.paused = paused;
    const { n } = suspension;
    const fact = paused
      ? ({ kind: "suspended", n, agoMs: 0 } as const)
      : ({ kind: "resumed", n, agoMs: 0, byLimit } as const);
    suspension.untold.push(fact);
    this.#around.say({ type: "fact", ref, fact });
  }

  extend(one: Held, wallMs: number, isAsked: boolean): void {
    if (one.phase === "ended" || wallMs < one.wallMs || (wallMs === one.wallMs && !isAsked)) {
      return;
    }
    one.wallMs = wallMs;
    one.wallUntold = true;
    this.#around.say({ type: "fact", ref: one.ref, fact: { kind: "extended", wallMs } });
  }

  /** Without a word. */
  drop(ref: Ref): void {
    this.held.delete(refName(ref));
    this.#around.freed();
  }

  cancel(one: Held, nowMs: number): void {
    one.cancelled = true;
    if (one.phase === "preparing" || one.phase === "ready") {
      this.#exit(one, "cancelled", null, nowMs);
    }
  }

  retell(nowMs: number): void {
    for (const one of this.held.values()) {
      this.#tell(one, nowMs);
      if (one.phase === "ready") {
        this.#around.say({ type: "ready", ref: one.ref });
      }
    }
  }

  acked(one: Held, { kind, wallMs, n }: FactKey): void {
    one.suspension.untold = one.suspension.untold.filter((fact) => fact.kind !== kind || fact.n !== n);
    if (kind === "started") {
      one.startedAcked = true;
      return;
    }
    if (kind === "extended") {
      one.wallUntold &&= wallMs !== one.wallMs;
      return;
    }
    if (one.outcome?.kind === kind) {
      this.drop(one.ref);
    }
  }

  #advance(one: Held, nowMs: number): void {
    const { dice } = this.#around;
    switch (one.phase) {
      case "preparing":
        this.#prepare(one);
        return;
      case "granted":
        this.#start(one, nowMs);
        return;
      case "running":
        if (one.suspension.paused && !one.cancelled) {
          // As long as it may, or as good as.
          this.#pause(one, false, true);
          return;
        }
        this.#exit(one, one.cancelled ? "cancelled" : "exit", one.cancelled ? 143 : dice.below(2), nowMs);
        return;
      default:
        return;
    }
  }

  #prepare(one: Held): void {
    const { dice, say } = this.#around;
    if (dice.chance(0.1)) {
      this.#notStarted(one, dice.chance(0.2) ? { code: "image_not_found" } : { code: "pull_failed" });
      return;
    }
    one.phase = "ready";
    say({ type: "ready", ref: one.ref });
  }

  #start(one: Held, nowMs: number): void {
    if (one.cancelled) {
      this.#exit(one, "cancelled", null, nowMs);
      return;
    }
    if (this.#around.dice.chance(0.1)) {
      this.#notStarted(one, { code: "podman_failed" });
      return;
    }
    this.#around.starts.push(`${one.ref.job} ${one.ref.incarnation}`);
    one.phase = "running";
    one.startedAtMs = nowMs;
    this.#around.say({ type: "fact", ref: one.ref, fact: startOf(one, 0) });
  }

  #notStarted(one: Held, failure: Failure): void {
    one.phase = "ended";
    one.outcome = { kind: "not-started", failure };
    this.#tell(one, 0);
  }

  #exit(one: Held, cause: Exited["cause"], exitCode: number | null, nowMs: number): void {
    const ranMs = one.startedAtMs === null ? null : nowMs - one.startedAtMs;
    one.phase = "ended";
    one.outcome = { kind: "exited", cause, exitCode, ranMs };
    this.#tell(one, nowMs);
    this.#around.freed();
  }

  #tell(one: Held, nowMs: number): void {
    const { say } = this.#around;
    if (one.startedAtMs !== null && !one.startedAcked) {
      const agoMs = Math.max(0, nowMs - one.startedAtMs);
      say({ type: "fact", ref: one.ref, fact: startOf(one, agoMs) });
    }
    if (one.wallUntold) {
      say({ type: "fact", ref: one.ref, fact: { kind: "extended", wallMs: one.wallMs } });
    }
    for (const fact of one.suspension.untold) {
      say({ type: "fact", ref: one.ref, fact });
    }
    if (one.outcome === null) {
      return;
    }
    const fact: Fact =
      one.outcome.kind === "not-started"
        ? one.outcome
        : { ...one.outcome, reason: null, oom: false, agoMs: 0, tail: null };
    say({ type: "fact", ref: one.ref, fact });
  }
}
