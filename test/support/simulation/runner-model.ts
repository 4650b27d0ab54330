/**
 * A runner by the rules of the protocol and nothing else: a journal and containers that survive a crash, one line that
 * does not. It notes every start, so that a second one is seen.
 */
import { decodeGatewayFrame, encodeFrame } from "../../../shared/codec.ts";
import type { Failure } from "../../../shared/failure.ts";
import { type Ref, refName } from "../../../shared/ids.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import type { Exited, Fact, GatewayFrame, Phase, RunnerFrame, Verdict } from "../../../shared/protocol.ts";
import type { Dice } from "./dice.ts";
import type { Wire } from "./wire.ts";

type Held = {
  ref: Ref;
  plan: JobPlan | null;
  phase: "preparing" | "ready" | "granted" | "running" | "ended";
  cancelled: boolean;
  startedAtMs: number | null;
  startedAcked: boolean;
  outcome:
    | { kind: "exited"; cause: Exited["cause"]; exitCode: number | null; ranMs: number | null }
    | { kind: "not-started"; failure: Failure }
    | null;
};

function mayRun({ phase }: Held): boolean {
  return phase === "running" || phase === "granted";
}

const SLOTS = 2;
const TOTAL = { cpu: SLOTS, memoryBytes: SLOTS * 2 ** 30, gpu: 0 };

export class RunnerModel {
  readonly id: string;
  readonly held = new Map<string, Held>();
  /** Of every container that ever began: job and incarnation. */
  readonly starts: string[];
  wire: Wire | null = null;
  welcomed = false;
  instance = "";
  /** When the newest answered ping was sent. */
  lastHeardMs = 0;
  #refusedBusy = false;
  readonly #dice: Dice;

  constructor(id: string, dice: Dice, starts: string[]) {
    this.id = id;
    this.#dice = dice;
    this.starts = starts;
    this.restart();
  }

  /** kill -9 and a new process: the journal and the containers are still there. */
  restart(): void {
    this.wire?.cut();
    this.wire = null;
    this.welcomed = false;
    this.instance = this.#dice.hex(8);
  }

  /** What is on the machine ends with it. */
  eraseAll(): void {
    this.held.clear();
  }

  hear(text: string, nowMs: number): void {
    const decoded = decodeGatewayFrame(text);
    if (!decoded.ok) {
      throw new Error(`the gateway sent ${decoded.fault.field}: ${decoded.fault.message}`);
    }
    this.#take(decoded.frame, nowMs);
  }

  /** Something that happens on the node by itself; returns false when nothing can. */
  live(nowMs: number): boolean {
    const busy = [...this.held.values()].filter(({ phase }) => phase !== "ended" && phase !== "ready");
    const one = this.#dice.pick(busy);
    if (one === undefined) {
      return false;
    }
    this.#advance(one, nowMs);
    return true;
  }

  /** The gateway gives up after `maxSilence`; the runner has stopped by then. */
  watchSilence(nowMs: number, marginMs: number): void {
    for (const one of this.held.values()) {
      const limitMs = one.plan?.maxSilenceMs ?? null;
      if (limitMs !== null && mayRun(one) && nowMs - this.lastHeardMs >= limitMs - marginMs) {
        this.#exit(one, "silence", one.phase === "running" ? 137 : null, nowMs);
      }
    }
  }

  isRunning(job: string, incarnation: string): boolean {
    return [...this.held.values()].some(
      ({ ref, phase }) => phase === "running" && ref.job === job && ref.incarnation === incarnation,
    );
  }

  #take(frame: GatewayFrame, nowMs: number): void {
    switch (frame.type) {
      case "challenge":
        this.#say(this.#hello());
        return;
      case "welcome":
        this.welcomed = true;
        this.lastHeardMs = Math.max(this.lastHeardMs, this.wire?.openedAtMs ?? 0);
        for (const { ref, verdict } of frame.verdicts) {
          this.#obey(ref, verdict, nowMs);
        }
        this.#retell(nowMs);
        return;
      case "offer":
        this.#answerOffer(frame.ref, frame.plan);
        return;
      case "go":
        this.#obey(frame.ref, "go", nowMs);
        return;
      case "cancel":
        this.#obey(frame.ref, "cancel", nowMs);
        return;
      case "forget":
        this.#obey(frame.ref, "forget", nowMs);
        return;
      case "ack":
        this.#acked(frame.ref, frame.kind);
        return;
      case "bye":
        if (frame.reason === "revoked") {
          this.eraseAll();
        }
        return;
      default:
        return;
    }
  }

  #hello(): RunnerFrame {
    const inventory = [...this.held.values()].map(({ ref, phase }) => ({ ref, phase: phase as Phase }));
    return {
      type: "hello",
      proof: "AAAA",
      instance: this.instance,
      version: "0.1.0",
      machine: { hostname: this.id, arch: "amd64", podman: "4.3.1" },
      ...this.#room(),
      inventory,
    };
  }

  #room() {
    return {
      capacity: { total: TOTAL, gpuKind: null, closed: null },
      usedElsewhere: { cpu: 0, memoryBytes: 0, gpu: 0 },
    };
  }

  #answerOffer(ref: Ref, plan: JobPlan): void {
    const known = this.held.get(refName(ref));
    const rivals = [...this.held.values()].filter((one) => one.ref.job === ref.job && one.phase !== "ended");
    const taken = [...this.held.values()].filter(({ phase }) => phase !== "ended").length;
    if (
      known === undefined &&
      (taken >= SLOTS || rivals.some(({ phase }) => phase === "running" || phase === "granted"))
    ) {
      this.#refusedBusy = true;
      this.#say({ type: "refuse", ref, failure: { code: "no_room" }, ...this.#room() });
      return;
    }
    if (known === undefined && this.#dice.chance(0.05)) {
      this.#say({ type: "refuse", ref, failure: { code: "registry_unavailable" }, ...this.#room() });
      return;
    }
    for (const older of rivals) {
      this.held.delete(refName(older.ref));
    }
    const isCached = this.#dice.chance(0.5);
    this.held.set(refName(ref), {
      ref,
      plan,
      phase: isCached ? "ready" : "preparing",
      cancelled: false,
      startedAtMs: null,
      startedAcked: false,
      outcome: null,
    });
    this.#say({ type: "accept", ref, ready: isCached });
  }

  #obey(ref: Ref, verdict: Verdict, nowMs: number): void {
    const one = this.held.get(refName(ref));
    if (one === undefined) {
      return;
    }
    switch (verdict) {
      case "go":
        if (one.phase === "ready") {
          one.phase = "granted";
        }
        return;
      case "cancel":
        this.#cancel(one, nowMs);
        return;
      case "forget":
        this.held.delete(refName(ref));
        this.#freed();
        return;
      case "resend":
      case "keep":
        return;
      default:
        verdict satisfies never;
    }
  }

  #cancel(one: Held, nowMs: number): void {
    one.cancelled = true;
    if (one.phase === "preparing" || one.phase === "ready") {
      this.#exit(one, "cancelled", null, nowMs);
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
        this.#exit(one, one.cancelled ? "cancelled" : "exit", one.cancelled ? 143 : this.#dice.below(2), nowMs);
        return;
      default:
        return;
    }
  }

  #prepare(one: Held): void {
    if (this.#dice.chance(0.1)) {
      this.#notStarted(one, this.#dice.chance(0.2) ? { code: "image_not_found" } : { code: "pull_failed" });
      return;
    }
    one.phase = "ready";
    this.#say({ type: "ready", ref: one.ref });
  }

  #start(one: Held, nowMs: number): void {
    if (one.cancelled) {
      this.#exit(one, "cancelled", null, nowMs);
      return;
    }
    if (this.#dice.chance(0.1)) {
      this.#notStarted(one, { code: "podman_failed" });
      return;
    }
    this.starts.push(`${one.ref.job} ${one.ref.incarnation}`);
    one.phase = "running";
    one.startedAtMs = nowMs;
    this.#say({ type: "fact", ref: one.ref, fact: { kind: "started", agoMs: 0, imageDigest: null } });
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
    this.#freed();
  }

  #tell(one: Held, nowMs: number): void {
    if (one.startedAtMs !== null && !one.startedAcked) {
      const agoMs = Math.max(0, nowMs - one.startedAtMs);
      this.#say({ type: "fact", ref: one.ref, fact: { kind: "started", agoMs, imageDigest: null } });
    }
    if (one.outcome === null) {
      return;
    }
    const fact: Fact =
      one.outcome.kind === "not-started"
        ? one.outcome
        : { ...one.outcome, reason: null, oom: false, agoMs: 0, tail: null };
    this.#say({ type: "fact", ref: one.ref, fact });
  }

  #retell(nowMs: number): void {
    for (const one of this.held.values()) {
      this.#tell(one, nowMs);
      if (one.phase === "ready") {
        this.#say({ type: "ready", ref: one.ref });
      }
    }
  }

  #acked(ref: Ref, kind: Fact["kind"]): void {
    const one = this.held.get(refName(ref));
    if (one === undefined) {
      return;
    }
    if (kind === "started") {
      one.startedAcked = true;
      return;
    }
    if (one.outcome?.kind === kind) {
      this.held.delete(refName(ref));
      this.#freed();
    }
  }

  #freed(): void {
    if (this.#refusedBusy) {
      this.#refusedBusy = false;
      this.#say({ type: "capacity", ...this.#room() });
    }
  }

  /** Facts are said again after the next welcome; everything else is in `hello`. */
  #say(frame: RunnerFrame): void {
    if (frame.type === "hello" || this.welcomed) {
      this.wire?.toGateway.push(encodeFrame(frame));
    }
  }
}
