/** A runner's end of its socket. Frames are taken one by one in their order, so an unexpected one fails the test. */
import { expect } from "vitest";
import { decodeGatewayFrame } from "../../../shared/codec.ts";
import { proofText } from "../../../shared/proof.ts";
import type { GatewayFrame, Hello, RunnerFrame } from "../../../shared/protocol.ts";
import { base64, type Runner, type RunnerKey } from "./runner-client.ts";

type Proof = { instance: string; nonce?: string; key?: RunnerKey };
type Owner = { runner: Runner; category: string };
type Frame<T extends GatewayFrame["type"]> = Extract<GatewayFrame, { type: T }>;

export function capacityOf(cpu: number): Hello["capacity"] {
  return { total: { cpu, memoryBytes: cpu * 4 * 2 ** 30, gpu: 0 }, gpuKind: null, closed: null };
}
export const CAPACITY = capacityOf(4);
export const NOTHING_ELSEWHERE = { cpu: 0, memoryBytes: 0, gpu: 0 };

/** 16 hexadecimal digits, random per process. */
export function anInstance(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 16);
}

export class RunnerLine {
  readonly #socket: WebSocket;
  readonly #owner: Owner;
  readonly #texts: string[] = [];
  #wake: () => void = () => {};
  #nonce = "";
  /** Settles when the gateway has closed the socket. */
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(socket: WebSocket, owner: Owner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.addEventListener("message", ({ data }) => {
      this.#texts.push(String(data));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    socket.accept();
  }

  static async open(socket: WebSocket, owner: Owner): Promise<RunnerLine> {
    const line = new RunnerLine(socket, owner);
    line.#nonce = (await line.next("challenge")).nonce;
    return line;
  }

  get nonce(): string {
    return this.#nonce;
  }

  /** The next text, whatever it is. */
  async nextText(): Promise<string> {
    for (;;) {
      const text = this.#texts.shift();
      if (text !== undefined) {
        return text;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next frame, which must be of this type. */
  async next<T extends GatewayFrame["type"]>(type: T): Promise<Frame<T>> {
    const decoded = decodeGatewayFrame(await this.nextText());
    if (!decoded.ok) {
      throw new Error("the gateway sent something that is no frame");
    }
    expect(decoded.frame).toMatchObject({ type });
    return decoded.frame as Frame<T>;
  }

  send(frame: RunnerFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  sendRaw(message: string | ArrayBuffer): void {
    this.#socket.send(message);
  }

  async sayHello(changes: Partial<Hello> = {}): Promise<void> {
    const instance = changes.instance ?? "0123456789abcdef";
    const proof = changes.proof ?? (await this.prove({ instance }));
    this.send({
      type: "hello",
      proof,
      instance,
      version: "0.1.0",
      machine: { hostname: "node", arch: "x86_64", podman: "4.3.1" },
      capacity: CAPACITY,
      usedElsewhere: NOTHING_ELSEWHERE,
      inventory: [],
      ...changes,
    });
  }

  /** The signature that `hello` carries, or one that is wrong in one respect. */
  async prove({ instance, nonce = this.#nonce, key = this.#owner.runner.key }: Proof): Promise<string> {
    const { runner, category } = this.#owner;
    const text = new TextEncoder().encode(proofText({ nonce, runner: runner.id, category, instance }));
    return base64(await crypto.subtle.sign("Ed25519", key.privateKey, text));
  }

  close(): void {
    this.#socket.close(1000, "done");
  }
}
