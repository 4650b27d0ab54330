/** Pings on one line. The platform answers them without waking the gateway; an unanswered one is a dead line. */
import type { Timers } from "./timers.ts";

export type HeartbeatOptions = {
  timers: Timers;
  uptimeMs(): number;
  pingMs: number;
  pongMs: number;
  send(): void;
  /** With the time at which the answered ping was sent. */
  heard(sentAtMs: number): void;
  dead(): void;
};

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #sentAtMs: number | null = null;
  #takeBack = () => {};

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#schedule();
  }

  pong(): void {
    if (this.#sentAtMs === null) {
      return;
    }
    const sentAtMs = this.#sentAtMs;
    this.#sentAtMs = null;
    this.#schedule();
    this.#options.heard(sentAtMs);
  }

  stop(): void {
    this.#takeBack();
  }

  #schedule(): void {
    this.#takeBack();
    this.#takeBack = this.#options.timers.after(this.#options.pingMs, () => this.#ping());
  }

  #ping(): void {
    this.#sentAtMs = this.#options.uptimeMs();
    this.#options.send();
    this.#takeBack = this.#options.timers.after(this.#options.pongMs, () => this.#options.dead());
  }
}
