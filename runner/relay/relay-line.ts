/** The socket to the relay of one watched job, and the streams of its viewers. Closed by either side, everything ends. */
import WebSocket from "ws";
import type { Ref } from "../../shared/ids.ts";
import {
  MAX_RELAY_FRAME_BYTES,
  parseRelay,
  RELAY_SUBPROTOCOL,
  type RelayFrame,
  type RelayOrder,
  relayClaim,
  relayOrderSchema,
} from "../../shared/relay.ts";
import type { Identity } from "../identity.ts";
import { errorFields, type Log } from "../log.ts";
import { wayTo } from "../proxy.ts";
import type { Timers } from "../timers.ts";
import { upgradeToken } from "../upgrade-token.ts";
import { type JobLog, ViewerStream } from "./viewer-stream.ts";

const HANDSHAKE_MS = 15_000;
const PING_MS = 15_000;
/** No word from the relay for this long: the line is dead, and the queue will ask again. */
const DEAD_MS = 40_000;

export type RelayLineOptions = {
  identity: Identity;
  category: string;
  ref: Ref;
  nonce: string;
  jobLog: JobLog;
  gatewayMs: number;
  timers: Timers;
  clock: { uptimeMs(): number; nowMs(): number };
  log: Log;
  closed(): void;
};

export class RelayLine {
  readonly #options: RelayLineOptions;
  readonly #socket: WebSocket;
  readonly #streams = new Map<number, ViewerStream>();
  #heardMs: number;
  #takeBack = () => {};

  constructor(options: RelayLineOptions) {
    this.#options = options;
    this.#heardMs = options.clock.uptimeMs();
    this.#socket = dial(options);
    const { log, ref } = options;
    this.#socket.on("open", () => this.#beat());
    this.#socket.on("message", (data, isBinary) => this.#take(isBinary ? null : data.toString()));
    this.#socket.on("close", () => this.#over());
    // The close that follows says it all but the reason; without a listener the process would end.
    this.#socket.on("error", (error) => log.warn({ ref, ...errorFields(error) }, "relay.error"));
  }

  close(): void {
    this.#socket.terminate();
  }

  #take(text: string | null): void {
    this.#heardMs = this.#options.clock.uptimeMs();
    if (text === "pong") {
      return;
    }
    const order = parseRelay<RelayOrder>(relayOrderSchema, text);
    if (order === null) {
      this.#options.log.warn({ ref: this.#options.ref }, "relay.malformed");
      return;
    }
    switch (order.type) {
      case "stream":
        this.#begin(order);
        return;
      case "credit":
        this.#streams.get(order.stream)?.addCredit(order.chunks);
        return;
      case "stop":
        this.#streams.get(order.stream)?.stop();
        this.#streams.delete(order.stream);
        return;
      default:
        order satisfies never;
    }
  }

  #begin({ stream, cursor, credit, startedAgoMs }: Extract<RelayOrder, { type: "stream" }>): void {
    if (this.#streams.has(stream)) {
      return;
    }
    const { jobLog, timers, clock, log, ref } = this.#options;
    const viewer = new ViewerStream({
      ...{ log: jobLog, stream, cursor, credit, timers },
      startedAtMs: startedAgoMs === null ? null : clock.nowMs() - startedAgoMs,
      uptimeMs: () => clock.uptimeMs(),
      send: (frame) => this.#send(frame),
    });
    this.#streams.set(stream, viewer);
    viewer
      .run()
      // Asked again, the disk may answer; the relay asks when the line is gone.
      .catch((error) => {
        log.error({ ref, ...errorFields(error) }, "relay.read_failed");
        this.close();
      })
      .finally(() => {
        if (this.#streams.get(stream) === viewer) {
          this.#streams.delete(stream);
        }
      });
  }

  #send(frame: RelayFrame): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(frame));
    }
  }

  #beat(): void {
    if (this.#options.clock.uptimeMs() - this.#heardMs > DEAD_MS) {
      this.close();
      return;
    }
    this.#socket.send("ping");
    this.#takeBack = this.#options.timers.after(PING_MS, () => this.#beat());
  }

  #over(): void {
    this.#takeBack();
    for (const stream of this.#streams.values()) {
      stream.stop();
    }
    this.#streams.clear();
    this.#options.closed();
  }
}

function dial({ identity, category, ref, nonce, gatewayMs }: RelayLineOptions): WebSocket {
  const url = new URL("/runner/v1/relay", identity.gateway);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const { job, incarnation, attempt } = ref;
  url.search = new URLSearchParams({ category, job, incarnation, attempt: String(attempt), nonce }).toString();
  const { privateKey, runner } = identity;
  const relay = relayClaim(ref, nonce);
  const token = upgradeToken({ privateKey, runner: runner.id, category, gatewayMs, relay });
  return new WebSocket(url, [RELAY_SUBPROTOCOL], {
    headers: { Authorization: `Bearer ${token}` },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MAX_RELAY_FRAME_BYTES,
    perMessageDeflate: false,
    ...wayTo(url),
  });
}
