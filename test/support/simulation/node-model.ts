/**
 * What is on a runner's machine by the rules of the protocol: its journal and its containers, which survive a crash of
 * the process. It notes every start, so that a second one is seen.
 */
import type { Failure } from "../../../shared/failure.ts";
import { type Ref, refName } from "../../../shared/ids.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import type { Exited, FactKey, RunnerFrame } from "../../../shared/protocol.ts";
import { stopMargin } from "../../../shared/times.ts";
import type { Dice } from "./dice.ts";
import { TIMES } from "./gateway-model.ts";
import { factsOf, type Held, mayRun, startOf } from "./held.ts";

type Surroundings = {
  dice: Dice;
  /** Of every container that ever began: job and incarnation. */
  starts: string[];
  say(frame: RunnerFrame): void;
  /** There is more room than before. */
  freed(): void;
};

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

  /**
   * What was not begun is known to nobody any more. What runs or has run is found by its container: its start and its
   * end are told anew, but not that somebody wanted it to stop, to pause or to run longer.
   */
  loseJournal(): void {
    for (const [name, one] of this.held) {
      if (one.startedAtMs === null) {
        this.held.delete(name);
      } else {
        const suspension = { ...one.suspension, untold: [] };
        const wallMs = one.plan?.wallMs ?? one.wallMs;
        this.held.set(name, { ...one, cancelled: false, startedAcked: false, wallMs, wallUntold: false, suspension });
      }
    }
  }

  /** Nothing of what was granted can be proven not to have run; what was not granted goes back. */
  reboot(nowMs: number): void {
    for (const one of this.held.values()) {
      if (mayRun(one)) {
        this.#exit(one, "lost", null, nowMs);
      } else if (one.phase !== "ended") {
        this.#notStarted(one, { code: "restarted" });
      }
    }
  }

  /** The gateway gives up after `maxSilence`; what runs has been stopped by then. */
  endSilent(silentMs: number, nowMs: number): void {
    for (const one of this.held.values()) {
      const limitMs = one.plan?.maxSilenceMs ?? null;
      if (limitMs !== null && mayRun(one) && silentMs >= limitMs - stopMargin(TIMES, limitMs)) {
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
        this.#end(one, nowMs);
        return;
      default:
        return;
    }
  }

  #end(one: Held, nowMs: number): void {
    const { dice } = this.#around;
    if (one.cancelled) {
      this.#exit(one, "cancelled", 143, nowMs);
    } else if (dice.chance(0.15)) {
      this.#exit(one, "expired", 143, nowMs);
    } else {
      this.#exit(one, "exit", dice.below(2), nowMs);
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
    for (const fact of factsOf(one, nowMs)) {
      this.#around.say({ type: "fact", ref: one.ref, fact });
    }
  }
}
