/**
 * The line to one queue: dialled out, proven, kept alive, and dialled again. It carries frames and decides nothing about
 * jobs. A socket that is not welcomed carries no facts: they are told again after `welcome`.
 */
import type WebSocket from "ws";
import { CLOSE } from "../shared/close-codes.ts";
import { decodeGatewayFrame, encodeFrame } from "../shared/codec.ts";
import type { GatewayFrame, RunnerFrame, Welcome } from "../shared/protocol.ts";
import type { ConnectionOptions, ConnectionState } from "./connection-options.ts";
import { dialGateway, helloFrame, type RefusedUpgrade, refusedUpgrade } from "./dialling.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LineHealth } from "./line-health.ts";
import type { Link } from "./link.ts";
import { errorFields } from "./log.ts";
import type { Ending } from "./reconnect.ts";

/** From the open socket to `welcome`. */
const WELCOME_MS = 20_000;
/** What may wait in memory for a line that takes nothing. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
export class Connection implements Link {
  readonly category: string;
  readonly #options: ConnectionOptions;
  #socket: WebSocket | null = null;
  #nonce: string | null = null;
  #helloSentMs = 0;
  #isWelcomed = false;
  #windowMs = 1_000;
  #heartbeat: Heartbeat | null = null;
  #takeBack = () => {};
  readonly #health = new LineHealth();
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.category = options.category;
    this.#options = options;
  }

  state(): ConnectionState {
    const { lastHeardMs, patienceMs, trouble, losses, offsetMs } = this.#health;
    return { category: this.category, connected: this.#isWelcomed, lastHeardMs, patienceMs, trouble, losses, offsetMs };
  }

  send(frame: RunnerFrame): boolean {
    if (!this.#isWelcomed || this.#socket === null || this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      return false;
    }
    this.#socket.send(encodeFrame(frame));
    return true;
  }

  sayHello(): void {
    if (this.#nonce !== null) {
      this.#sayHello(this.#nonce);
    }
  }

  dial(): void {
    if (this.#isClosed) {
      return;
    }
    const socket = dialGateway(this.#options, this.#options.clock.nowMs() + this.#health.offsetMs);
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Says goodbye; the jobs stay as they are. */
  close(reason: string): void {
    this.send({ type: "bye", reason });
    this.#isClosed = true;
    this.#takeBack();
    this.#heartbeat?.stop();
    this.#isWelcomed = false;
    this.#socket?.close(CLOSE.NORMAL, "bye");
  }

  #listen(socket: WebSocket): void {
    let ending: Ending = { is: "failed" };
    let isOver = false;
    const over = () => {
      if (!isOver) {
        isOver = true;
        this.#end(socket, ending);
      }
    };
    socket.on("unexpected-response", (_request, response) => {
      ending = this.#takeRefusal(refusedUpgrade(response));
      response.resume();
      socket.terminate();
      over();
    });
    socket.on("open", () => {
      this.#takeBack();
      this.#takeBack = this.#options.timers.after(WELCOME_MS, () => socket.terminate());
    });
    socket.on("message", (data, isBinary) => {
      const text = isBinary ? null : data.toString();
      if (text === "pong") {
        this.#heartbeat?.pong();
        return;
      }
      const decided = this.#take(text);
      ending = decided ?? ending;
    });
    socket.on("close", (code) => {
      ending = this.#isWelcomed && code !== CLOSE.OTHER_INSTANCE ? { is: "lost", windowMs: this.#windowMs } : ending;
      if (code === CLOSE.REVOKED) {
        this.#revoked();
      }
      over();
    });
    // The close that follows says it all but the reason; without a listener the process would end.
    socket.on("error", (error) => {
      if (!isOver) {
        const trouble = this.#health.failed(error);
        this.#options.log.warn({ category: this.category, ...errorFields(error), trouble }, "connection.error");
      }
    });
  }

  /** Returns how the line will end, where a frame says so. */
  #take(text: string | null): Ending | null {
    const decoded = decodeGatewayFrame(text);
    if (!decoded.ok) {
      const { code, field, message } = decoded.fault;
      this.#options.log.warn({ category: this.category, code, field }, "frame.malformed");
      this.#socket?.send(encodeFrame({ type: "error", code, field, message }));
      return null;
    }
    return this.#takeFrame(decoded.frame);
  }

  #takeFrame(frame: GatewayFrame): Ending | null {
    const { log, listener } = this.#options;
    switch (frame.type) {
      case "challenge":
        this.#nonce = frame.nonce;
        this.#sayHello(frame.nonce);
        return null;
      case "welcome":
        this.#welcome(frame);
        return null;
      case "error":
        log.warn({ category: this.category, code: frame.code, field: frame.field }, "gateway.error");
        return null;
      case "bye":
        return this.#takeBye(frame);
      default:
        listener.received(this, frame);
        return null;
    }
  }

  #takeBye(frame: Extract<GatewayFrame, { type: "bye" }>): Ending | null {
    if (frame.reason === "revoked") {
      this.#revoked();
      return null;
    }
    if (frame.retryAfterMs === undefined) {
      return null;
    }
    const { ending, isCertain } = this.#health.usedElsewhere(frame.retryAfterMs);
    if (isCertain) {
      const { log, identity } = this.#options;
      log.error({ category: this.category, runner: identity.runner.id }, "identity.used_elsewhere");
    }
    return ending;
  }

  #sayHello(nonce: string): void {
    this.#helloSentMs = this.#options.clock.uptimeMs();
    this.#socket?.send(encodeFrame(helloFrame(this.#options, nonce)));
  }

  #welcome(welcome: Welcome): void {
    const isFirst = !this.#isWelcomed;
    this.#takeBack();
    this.#isWelcomed = true;
    this.#windowMs = welcome.reconnectWindowMs;
    const clockOffsetMs = welcome.now - this.#options.clock.nowMs();
    this.#health.welcomed(clockOffsetMs);
    this.#health.patienceMs = welcome.times.pingMs + welcome.times.pongMs;
    if (isFirst) {
      const { id, name } = welcome.runner;
      this.#options.log.info({ category: this.category, runner: id, name, clockOffsetMs }, "welcome");
      this.#heartbeat = this.#newHeartbeat(welcome);
    }
    this.#heard(this.#helloSentMs);
    this.#options.welcomed(welcome);
    this.#options.listener.welcomed(this, welcome);
  }

  #newHeartbeat({ times: { pingMs, pongMs } }: Welcome): Heartbeat {
    const { timers, clock } = this.#options;
    return new Heartbeat({
      timers,
      uptimeMs: () => clock.uptimeMs(),
      pingMs,
      pongMs,
      send: () => this.#socket?.send("ping"),
      heard: (sentAtMs) => this.#heard(sentAtMs),
      dead: () => this.#socket?.terminate(),
    });
  }

  #heard(sentAtMs: number): void {
    this.#health.lastHeardMs = sentAtMs;
    this.#options.listener.heard(this.category, sentAtMs);
  }

  #takeRefusal(refused: RefusedUpgrade): Ending {
    const { clock, log } = this.#options;
    log.warn({ category: this.category, status: refused.status }, "connect.refused");
    const now = { nowMs: clock.nowMs(), uptimeMs: clock.uptimeMs() };
    const { ending, isRevoked } = this.#health.refused(refused, now);
    if (isRevoked) {
      this.#revoked();
    }
    return ending;
  }

  #revoked(): void {
    this.#health.trouble = "revoked";
    this.#isClosed = true;
    this.#options.listener.revoked(this.category);
  }

  #end(socket: WebSocket, ending: Ending): void {
    if (this.#socket !== socket) {
      return;
    }
    const wasWelcomed = this.#isWelcomed;
    this.#socket = null;
    this.#nonce = null;
    this.#isWelcomed = false;
    this.#heartbeat?.stop();
    this.#heartbeat = null;
    this.#takeBack();
    const { listener, timers, random, log } = this.#options;
    if (wasWelcomed) {
      listener.lost(this.category);
    }
    const waitMs = this.#health.ended(ending, wasWelcomed, random());
    if (this.#isClosed) {
      return;
    }
    log.info({ category: this.category, why: ending.is, waitMs }, "connection.redial");
    this.#takeBack = timers.after(waitMs, () => this.dial());
  }
}
