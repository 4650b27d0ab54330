/**
 * A runner by the rules of the protocol and nothing else: one line that does not survive a crash, and a node that does.
 */
import { decodeGatewayFrame, encodeFrame } from "../../../shared/codec.ts";
import { type Ref, refName } from "../../../shared/ids.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import type { GatewayFrame, RunnerFrame, Verdict } from "../../../shared/protocol.ts";
import type { Dice } from "./dice.ts";
import { isServed, servedBy } from "./files.ts";
import { mayRun } from "./held.ts";
import { NodeModel } from "./node-model.ts";
import type { Wire } from "./wire.ts";

const SLOTS = 2;
const TOTAL = { cpu: SLOTS, memoryBytes: SLOTS * 2 ** 30, gpu: 0 };

export class RunnerModel {
  readonly id: string;
  readonly node: NodeModel;
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
    this.node = new NodeModel({ dice, starts, say: (frame) => this.#say(frame), freed: () => this.#freed() });
    this.restart();
  }

  /** kill -9 and a new process: the journal and the containers are still there. */
  restart(): void {
    this.wire?.cut();
    this.wire = null;
    this.welcomed = false;
    this.instance = this.#dice.hex(8);
  }

  /** A new process that finds containers and no journal. */
  loseJournal(): void {
    this.restart();
    this.node.loseJournal();
  }

  /** The machine restarts under its jobs. */
  reboot(nowMs: number): void {
    this.restart();
    this.node.reboot(nowMs);
  }

  hear(text: string, nowMs: number): void {
    const decoded = decodeGatewayFrame(text);
    if (!decoded.ok) {
      throw new Error(`the gateway sent ${decoded.fault.field}: ${decoded.fault.message}`);
    }
    this.#take(decoded.frame, nowMs);
  }

  watchSilence(nowMs: number): void {
    this.node.endSilent(nowMs - this.lastHeardMs, nowMs);
  }

  /** Something that its node does by itself; false: there is nothing. A `go` that was too long on its way starts nothing. */
  live(nowMs: number): boolean {
    this.watchSilence(nowMs);
    return this.node.live(nowMs);
  }

  #take(frame: GatewayFrame, nowMs: number): void {
    switch (frame.type) {
      case "challenge":
        this.#say(this.#hello());
        return;
      case "welcome":
        this.welcomed = true;
        this.lastHeardMs = Math.max(this.lastHeardMs, this.wire?.openedAtMs ?? 0);
        for (const { ref, verdict, wallMs, suspension } of frame.verdicts) {
          this.#extend(ref, wallMs ?? 0, false);
          if (suspension !== undefined) {
            this.#suspend(ref, suspension.n, suspension.wanted);
          }
          this.#obey(ref, verdict, nowMs);
        }
        this.node.retell(nowMs);
        return;
      case "offer":
        this.#answerOffer(frame.ref, frame.plan);
        return;
      case "go":
      case "cancel":
      case "forget":
        this.#obey(frame.ref, frame.type, nowMs);
        return;
      case "ack":
        this.#acked(frame);
        return;
      case "suspend":
      case "resume":
        this.#suspend(frame.ref, frame.n, frame.type === "suspend");
        return;
      case "extend":
        this.#extend(frame.ref, frame.wallMs, true);
        return;
      case "bye":
        if (frame.reason === "revoked") {
          this.node.held.clear();
        }
        return;
      default:
        return;
    }
  }

  #hello(): RunnerFrame {
    const inventory = [...this.node.held.values()].map(({ ref, phase }) => ({ ref, phase }));
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
      capacity: { total: TOTAL, gpuKind: null, closed: null, drives: servedBy(this.id) },
      usedElsewhere: { cpu: 0, memoryBytes: 0, gpu: 0 },
    };
  }

  #answerOffer(ref: Ref, plan: JobPlan): void {
    if (!isServed(this.id, plan)) {
      throw new Error(`${this.id} was offered ${ref.job}, whose drives it does not have`);
    }
    const { held } = this.node;
    const isKnown = held.has(refName(ref));
    const rivals = [...held.values()].filter((one) => one.ref.job === ref.job && one.phase !== "ended");
    const taken = [...held.values()].filter(({ phase }) => phase !== "ended").length;
    if (!isKnown && (taken >= SLOTS || rivals.some(mayRun))) {
      this.#refusedBusy = true;
      this.#say({ type: "refuse", ref, failure: { code: "no_room" }, ...this.#room() });
      return;
    }
    if (!isKnown && this.#dice.chance(0.05)) {
      this.#say({ type: "refuse", ref, failure: { code: "registry_unavailable" }, ...this.#room() });
      return;
    }
    for (const older of rivals) {
      held.delete(refName(older.ref));
    }
    const isCached = this.#dice.chance(0.5);
    this.node.hold(ref, plan, isCached ? "ready" : "preparing");
    this.#say({ type: "accept", ref, ready: isCached });
  }

  #obey(ref: Ref, verdict: Verdict, nowMs: number): void {
    const one = this.node.held.get(refName(ref));
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
        this.node.cancel(one, nowMs);
        return;
      case "forget":
        this.node.drop(ref);
        return;
      case "resend":
      case "keep":
        return;
      default:
        verdict satisfies never;
    }
  }

  #acked(ack: Extract<GatewayFrame, { type: "ack" }>): void {
    const one = this.node.held.get(refName(ack.ref));
    if (one !== undefined) {
      this.node.acked(one, ack);
    }
  }

  #suspend(ref: Ref, n: number, wanted: boolean): void {
    const one = this.node.held.get(refName(ref));
    if (one !== undefined) {
      this.node.suspend(one, n, wanted);
    }
  }

  #extend(ref: Ref, wallMs: number, isAsked: boolean): void {
    const one = this.node.held.get(refName(ref));
    if (one !== undefined) {
      this.node.extend(one, wallMs, isAsked);
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
