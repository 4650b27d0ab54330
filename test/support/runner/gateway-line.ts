/** The gateway's end of one runner's socket: keeps what the runner says, says what the test wants. */
import { once } from "node:events";
import type { WebSocket } from "ws";
import { decodeRunnerFrame, encodeFrame } from "../../../shared/codec.ts";
import type { GatewayFrame, RunnerFrame, Welcome } from "../../../shared/protocol.ts";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { until } from "../manual-clock.ts";

export class GatewayLine {
  readonly received: string[] = [];
  pings = 0;
  answersPings = true;
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = once(socket, "close").then(([code]) => Number(code));
    socket.on("error", () => {});
    socket.on("message", (data) => this.#take(data.toString()));
  }

  say(frame: GatewayFrame): void {
    this.#socket.send(encodeFrame(frame));
  }

  /** Whatever it is, a frame or not. */
  sayRaw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  frames<T extends RunnerFrame["type"]>(type: T): Extract<RunnerFrame, { type: T }>[] {
    return this.received.flatMap((text) => {
      const decoded = decodeRunnerFrame(text);
      return decoded.ok && isOf(decoded.frame, type) ? [decoded.frame] : [];
    });
  }

  /** The last of `count` frames of this type. */
  async frame<T extends RunnerFrame["type"]>(type: T, count = 1): Promise<Extract<RunnerFrame, { type: T }>> {
    await until(() => this.frames(type).length >= count, `frame ${count} of type ${type}`);
    const found = this.frames(type)[count - 1];
    if (found === undefined) {
      throw new Error(`${type} is gone`);
    }
    return found;
  }

  challenge(nonce = "0123456789abcdef"): void {
    this.say({ type: "challenge", nonce });
  }

  /** Challenge, `hello`, welcome. */
  async welcome(given: Partial<Welcome> = {}): Promise<void> {
    this.challenge();
    await this.frame("hello");
    this.say(aWelcome(given));
  }

  close(code = 1000): void {
    this.#socket.close(code);
  }

  /** The machine is gone: nothing is said any more. */
  cut(): void {
    this.#socket.terminate();
  }

  /** Takes nothing from the network until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #take(text: string): void {
    if (text !== "ping") {
      this.received.push(text);
      return;
    }
    this.pings += 1;
    if (this.answersPings) {
      this.#socket.send("pong");
    }
  }
}

function isOf<T extends RunnerFrame["type"]>(frame: RunnerFrame, type: T): frame is Extract<RunnerFrame, { type: T }> {
  return frame.type === type;
}

export function aWelcome(given: Partial<Welcome> = {}): Welcome {
  return {
    type: "welcome",
    runner: { id: "runner-1", name: "node-1" },
    times: DEFAULT_TIMES,
    now: 1_700_000_000_000,
    reconnectWindowMs: 4_000,
    oldestVersion: "0.1.0",
    verdicts: [],
    ...given,
  };
}
