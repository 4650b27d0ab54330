/** A hibernating WebSocket as a line. Its badge is parsed once per waking, not once per look. */

import { type Badge, badgeSchema } from "./badge.ts";
import type { Line } from "./ports.ts";

/** A control frame has 125 bytes, two of them for the code. */
const MAX_REASON_BYTES = 125 - 2;

class SocketLine implements Line {
  readonly #socket: WebSocket;
  readonly #ctx: DurableObjectState;
  #badge: Badge | null = null;

  constructor(socket: WebSocket, ctx: DurableObjectState) {
    this.#socket = socket;
    this.#ctx = ctx;
  }

  badge(): Badge {
    this.#badge ??= badgeSchema.parse(this.#socket.deserializeAttachment());
    return this.#badge;
  }

  setBadge(badge: Badge): void {
    this.#badge = badge;
    this.#socket.serializeAttachment(badge);
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(text);
    }
  }

  close(code: number, reason: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.close(code, reason.slice(0, MAX_REASON_BYTES));
    }
  }

  lastPingMs(): number | null {
    return this.#ctx.getWebSocketAutoResponseTimestamp(this.#socket)?.getTime() ?? null;
  }
}

export class SocketLines {
  readonly #ctx: DurableObjectState;
  readonly #known = new WeakMap<WebSocket, SocketLine>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  lineOf(socket: WebSocket): Line {
    const known = this.#known.get(socket) ?? new SocketLine(socket, this.#ctx);
    this.#known.set(socket, known);
    return known;
  }

  /** Sockets are tagged with their runner's id when they are accepted. */
  open(runner?: string): Line[] {
    return this.#ctx
      .getWebSockets(runner)
      .filter(({ readyState }) => readyState === WebSocket.OPEN)
      .map((socket) => this.lineOf(socket));
  }
}
