/** A runner without a node: the product's own line to the gateway, and a test that says what happens on it. */
import { randomBytes } from "node:crypto";
import { uptime } from "node:os";
import { Connection } from "../../runner/connection.ts";
import { type Identity, newKeyPair } from "../../runner/identity.ts";
import type { LinkListener } from "../../runner/link.ts";
import { REAL_TIMERS } from "../../runner/timers.ts";
import { VERSION } from "../../runner/version.ts";
import type { Ref } from "../../shared/ids.ts";
import type { Exited, GatewayFrame, RunnerFrame } from "../../shared/protocol.ts";
import { CATEGORY, PROVIDER_ID } from "../support/site.ts";
import type { BenchGateway } from "./gateway.ts";

type Received = Parameters<LinkListener["received"]>[1];
type Frame<T extends GatewayFrame["type"]> = Extract<Received, { type: T }>;

const QUIET = { info() {}, warn() {}, error() {} };
const GIBIBYTE = 2 ** 30;

export const EXITED: Exited = {
  ...{ kind: "exited", cause: "exit", reason: null, exitCode: 0, oom: false, ranMs: 1, agoMs: 0, tail: null },
};

export class ScriptedRunner {
  readonly connection: Connection;
  /** When it was welcomed last, by `performance.now`. */
  welcomedAtMs = 0;
  #frames: Received[] = [];
  #wake = () => {};

  private constructor(identity: Identity, slots: number) {
    const total = { cpu: slots, memoryBytes: slots * GIBIBYTE, gpu: 0 };
    const listener: LinkListener = {
      describe: () => ({
        capacity: { total, gpuKind: null, closed: null },
        usedElsewhere: { cpu: 0, memoryBytes: 0, gpu: 0 },
        inventory: [],
      }),
      welcomed: () => {
        this.welcomedAtMs = performance.now();
        this.#wake();
      },
      received: (_link, frame) => {
        this.#frames.push(frame);
        this.#wake();
      },
      ...{ heard() {}, lost() {}, revoked() {} },
    };
    this.connection = new Connection({
      ...{ identity, category: CATEGORY, instance: randomBytes(8).toString("hex"), version: VERSION },
      machine: { hostname: "bench", arch: "amd64", podman: () => null },
      clock: { uptimeMs: () => uptime() * 1000, nowMs: () => Date.now() },
      ...{ listener, timers: REAL_TIMERS, random: Math.random, log: QUIET, welcomed() {} },
    });
  }

  /** `slots`: jobs that it takes at a time. */
  static async enroll(gateway: BenchGateway, name: string, slots: number): Promise<ScriptedRunner> {
    const code = await gateway.admin.enrollmentCode(name, [CATEGORY]);
    const { publicKey, privateKey } = newKeyPair();
    const response = await fetch(`${gateway.url}/runner/v1/enroll`, {
      method: "POST",
      body: JSON.stringify({ code, publicKey }),
      // Each comes from a machine of its own: the gateway believes its proxy.
      headers: { "X-Forwarded-For": `node-${name}` },
    });
    const { runner } = (await response.json()) as Pick<Identity, "runner">;
    const identity = { gateway: gateway.url, providerId: PROVIDER_ID, runner, categories: [CATEGORY], privateKey };
    return new ScriptedRunner(identity, slots);
  }

  /** Dialled and welcomed. */
  async connect(): Promise<void> {
    this.connection.dial();
    await this.#until(() => (this.welcomedAtMs > 0 ? true : null));
  }

  say(frame: RunnerFrame): void {
    this.connection.send(frame);
  }

  /** The next frame of this type; what comes before it is of no interest. */
  next<T extends Received["type"]>(type: T): Promise<Frame<T>> {
    return this.#until(() => {
      const index = this.#frames.findIndex((frame) => frame.type === type);
      const found = index < 0 ? null : this.#frames[index];
      this.#frames = index < 0 ? this.#frames : this.#frames.toSpliced(index, 1);
      return found ? (found as Frame<T>) : null;
    });
  }

  /** From its offer to a running program. */
  async start(ref: Ref): Promise<void> {
    this.say({ type: "accept", ref, ready: true });
    await this.next("go");
    this.say({ type: "fact", ref, fact: { kind: "started", agoMs: 0, imageDigest: null } });
    await this.next("ack");
  }

  end(ref: Ref): void {
    this.say({ type: "fact", ref, fact: EXITED });
  }

  close(): void {
    this.connection.close("done");
  }

  async #until<T>(look: () => T | null): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== null) {
        return found;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
