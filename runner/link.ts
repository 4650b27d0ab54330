/**
 * The seam between the line to the gateway (connection.ts) and what the node does with it (agent.ts). A runner in two
 * categories has two links and one agent.
 */
import type { GatewayFrame, Hello, RunnerFrame, Welcome } from "../shared/protocol.ts";

export interface Link {
  readonly category: string;
  /** False and dropped when there is no welcomed socket: facts are resent after `welcome`, the rest is in `hello`. */
  send(frame: RunnerFrame): boolean;
  /** Says `hello` again on the same socket: the inventory is known now. */
  sayHello(): void;
}

export type Description = Pick<Hello, "capacity" | "usedElsewhere" | "heldElsewhere" | "closesInMs" | "inventory">;

export interface LinkListener {
  /** For `hello`, from memory, without waiting. */
  describe(category: string): Description;
  /** After each `welcome`: the verdicts, and the times that hold from now on. */
  welcomed(link: Link, welcome: Welcome): void;
  /** Every frame but `challenge`, `welcome` and `error`. */
  received(link: Link, frame: Exclude<GatewayFrame, { type: "challenge" | "welcome" | "error" }>): void;
  /** A ping was answered; `sentAtMs` is the monotonic clock (os.uptime) when that ping was sent. */
  heard(category: string, sentAtMs: number): void;
  lost(category: string): void;
  /** `bye {reason: "revoked"}` or close 4403: stop everything, settle everything. */
  revoked(category: string): void;
}

/** Monotonic milliseconds that include the machine's suspension (os.uptime), and the wall clock for the log only. */
export interface Clock {
  uptimeMs(): number;
  nowMs(): number;
}
