/** One socket between a runner and the queue: two ordered streams that can be cut at any moment. */
import type { Badge } from "../../../worker/queue/badge.ts";
import type { Line } from "../../../worker/queue/ports.ts";

export class Wire implements Line {
  readonly toGateway: string[] = [];
  readonly toRunner: string[] = [];
  readonly openedAtMs: number;
  /** The gateway sees it open. */
  isOpen = true;
  /** Nothing passes any more; the gateway may not have noticed. */
  isCut = false;
  pingMs: number | null = null;
  closeCode: number | null = null;
  #badge: Badge | null = null;

  constructor(openedAtMs: number) {
    this.openedAtMs = openedAtMs;
  }

  badge(): Badge {
    if (this.#badge === null) {
      throw new Error("a line without a badge");
    }
    return this.#badge;
  }

  setBadge(badge: Badge): void {
    this.#badge = structuredClone(badge);
  }

  send(text: string): void {
    if (this.isOpen && !this.isCut) {
      this.toRunner.push(text);
    }
  }

  close(code: number): void {
    if (this.isOpen) {
      this.isOpen = false;
      this.closeCode = code;
    }
  }

  lastPingMs(): number | null {
    return this.pingMs;
  }

  cut(): void {
    this.isCut = true;
    this.toGateway.length = 0;
  }
}
