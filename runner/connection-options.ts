/** What a line to a queue is made of, and what can be seen of it from outside. */
import type { Welcome } from "../shared/protocol.ts";
import type { Identity } from "./identity.ts";
import type { Clock, LinkListener } from "./link.ts";
import type { Log } from "./log.ts";
import type { Timers } from "./timers.ts";

export type ConnectionOptions = {
  identity: Identity;
  category: string;
  /** Random per process, 16 hexadecimal digits. */
  instance: string;
  version: string;
  machine: { hostname: string; arch: string; podman: () => string | null };
  listener: LinkListener;
  clock: Clock;
  timers: Timers;
  /** Uniform in [0, 1). */
  random(): number;
  log: Log;
  welcomed(welcome: Welcome): void;
};

export type ConnectionState = {
  category: string;
  connected: boolean;
  /** Uptime at which the newest answered ping was sent. */
  lastHeardMs: number | null;
  /** The longest silence of a line that is alive: from one ping to the end of the next one's patience. */
  patienceMs: number;
  /** One sentence on why there is no line. */
  trouble: string | null;
  /** Times that it was lost after a welcome. */
  losses: number;
  /** What the gateway's clock is ahead of ours. */
  offsetMs: number;
};
