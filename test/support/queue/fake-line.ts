/** A runner's socket as the queue sees it. What the queue sends must be a frame of the protocol. */
import { decodeGatewayFrame } from "../../../shared/codec.ts";
import type { GatewayFrame } from "../../../shared/protocol.ts";
import type { Badge } from "../../../worker/queue/badge.ts";
import { badgeSchema } from "../../../worker/queue/badge.ts";
import type { Line } from "../../../worker/queue/ports.ts";

export class FakeLine implements Line {
  readonly frames: GatewayFrame[] = [];
  closed: { code: number; reason: string } | null = null;
  /** Its pings are answered by the platform all the time until then; null: they still are. */
  silentSinceMs: number | null = null;
  readonly #nowMs: () => number;
  #badge: string | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** As text, because a hibernating socket keeps it outside the object's memory. */
  badge(): Badge {
    return badgeSchema.parse(JSON.parse(this.#badge ?? "null"));
  }

  setBadge(badge: Badge): void {
    this.#badge = JSON.stringify(badge);
  }

  send(text: string): void {
    if (this.closed !== null) {
      return;
    }
    const decoded = decodeGatewayFrame(text);
    if (!decoded.ok) {
      throw new Error(`no frame of the protocol: ${decoded.fault.field} ${decoded.fault.message}`);
    }
    this.frames.push(decoded.frame);
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  lastPingMs(): number {
    return this.silentSinceMs ?? this.#nowMs();
  }

  /** The frames of one type, oldest first. */
  heard<T extends GatewayFrame["type"]>(type: T): Extract<GatewayFrame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<GatewayFrame, { type: T }> => frame.type === type);
  }
}
