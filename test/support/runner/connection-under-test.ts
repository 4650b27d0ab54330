/** A runner's line with a clock moved by hand, whose listener notes what it is told. */
import { Connection } from "../../../runner/connection.ts";
import type { ConnectionOptions } from "../../../runner/connection-options.ts";
import { type Identity, newKeyPair } from "../../../runner/identity.ts";
import type { Description, LinkListener } from "../../../runner/link.ts";
import type { RunnerFrame, Welcome } from "../../../shared/protocol.ts";
import { ManualClock, until } from "../manual-clock.ts";
import type { GatewayLine } from "./gateway-line.ts";
import type { ScriptedGateway } from "./scripted-gateway.ts";

export const CATEGORY = "example-compute";
const KEYS = newKeyPair();

/** Raw Ed25519 public key of every identity made here, base64. */
export const PUBLIC_KEY = KEYS.publicKey;

export function anIdentity(gateway: string): Identity {
  return {
    gateway,
    providerId: "ucloud",
    runner: { id: "runner-1", name: "node-1" },
    categories: [CATEGORY],
    privateKey: KEYS.privateKey,
  };
}

export type LogLine = { level: "info" | "warn" | "error"; fields: Record<string, unknown>; message: string };

export class ConnectionUnderTest implements LinkListener {
  readonly clock = new ManualClock();
  readonly log: LogLine[] = [];
  /** What the listener was told, in order: `welcomed`, `lost`, `revoked`, or the type of a frame. */
  readonly told: string[] = [];
  readonly heardAtMs: number[] = [];
  readonly options: ConnectionOptions;
  readonly #gateway: ScriptedGateway;
  readonly line: Connection;
  description: Description = {
    capacity: { total: { cpu: 4, memoryBytes: 2 ** 30, gpu: 0 }, gpuKind: null, closed: null },
    usedElsewhere: { cpu: 0, memoryBytes: 0, gpu: 0 },
    inventory: "unknown",
  };
  /** What `random` answers. */
  random = 0.5;
  sleptMs = 0;
  /** Timers that would still fire. */
  pending = 0;

  constructor(gateway: ScriptedGateway) {
    this.#gateway = gateway;
    const note = (level: LogLine["level"]) => (fields: object, message: string) => {
      this.log.push({ level, fields: { ...fields }, message });
    };
    this.options = {
      identity: anIdentity(gateway.url),
      category: CATEGORY,
      instance: "00112233445566aa",
      version: "0.1.0",
      machine: { hostname: "host", arch: "amd64", podman: () => "4.3.1" },
      listener: this,
      clock: { uptimeMs: () => this.uptimeMs(), nowMs: () => this.clock.nowMs() },
      timers: { after: (ms, wake) => this.#after(ms, wake) },
      random: () => this.random,
      log: { info: note("info"), warn: note("warn"), error: note("error") },
      welcomed: () => {},
    };
    this.line = new Connection(this.options);
  }

  /** The machine's, which counts the time that it slept; its timers do not. */
  uptimeMs(): number {
    return this.clock.uptimeMs() + this.sleptMs;
  }

  describe(): Description {
    return this.description;
  }

  welcomed(_link: unknown, _welcome: Welcome): void {
    this.told.push("welcomed");
  }

  received(_link: unknown, frame: { type: string }): void {
    this.told.push(frame.type);
  }

  heard(_category: string, sentAtMs: number): void {
    this.heardAtMs.push(sentAtMs);
  }

  lost(): void {
    this.told.push("lost");
  }

  revoked(): void {
    this.told.push("revoked");
  }

  logged(message: string): LogLine[] {
    return this.log.filter((line) => line.message === message);
  }

  /** The wait before redial number `count`. */
  async redial(count = 1): Promise<number> {
    await until(() => this.logged("connection.redial").length >= count, `redial ${count}`);
    return Number(this.logged("connection.redial")[count - 1]?.fields.waitMs);
  }

  /** The waits before `count` redials, each of them waited for. */
  async waits(count: number, from = 1): Promise<number[]> {
    const found: number[] = [];
    for (let redial = from; redial < from + count; redial++) {
      const waitMs = await this.redial(redial);
      found.push(waitMs);
      const dials = this.#gateway.upgrades.length;
      await this.clock.advance(waitMs);
      await this.#gateway.upgrade(dials + 1);
    }
    return found;
  }

  #after(ms: number, wake: () => void): () => void {
    let isPending = true;
    this.pending += 1;
    const end = () => {
      this.pending -= isPending ? 1 : 0;
      isPending = false;
    };
    const takeBack = this.clock.after(ms, () => {
      end();
      wake();
    });
    return () => {
      end();
      takeBack();
    };
  }

  async isWelcomed(count = 1): Promise<void> {
    await until(() => this.told.filter((what) => what === "welcomed").length >= count, `welcome ${count}`);
  }
}

/** Dialled for the first time. */
export function aDialledLine(gateway: ScriptedGateway): ConnectionUnderTest {
  const runner = new ConnectionUnderTest(gateway);
  runner.line.dial();
  return runner;
}

/** Dialled, proven and welcomed. */
export async function aWelcomedLine(
  gateway: ScriptedGateway,
  welcome: Partial<Welcome> = {},
): Promise<{ runner: ConnectionUnderTest; line: GatewayLine }> {
  const runner = new ConnectionUnderTest(gateway);
  runner.line.dial();
  const line = await gateway.line();
  await line.welcome(welcome);
  await runner.isWelcomed();
  return { runner, line };
}

export function aFact(tail: string | null = null): RunnerFrame {
  return {
    type: "fact",
    ref: { job: "1001", incarnation: "00112233445566aa", attempt: 1, rank: 0 },
    fact: {
      ...{ kind: "exited", cause: "exit", reason: null, exitCode: 0, oom: false },
      ...{ ranMs: 1, agoMs: 0, tail },
    },
  };
}
