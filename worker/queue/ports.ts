/**
 * What a queue needs of the world. The object gives it Cloudflare's; the simulation gives it SQLite in Node, virtual
 * time and sockets of its own, so that the same queue runs through ten thousand orders of events.
 */
import type { Times } from "../../shared/times.ts";
import type { Bill, Charge, FundsAnswer } from "../ucloud/accounting.ts";
import type { ControlApi } from "../ucloud/control.ts";
import type { JobKey, WatchedState } from "./api.ts";
import type { Badge } from "./badge.ts";
import type { Used } from "./day-meter.ts";
import type { Terms } from "./job.ts";
import type { QueueSnapshot } from "./snapshot.ts";

export type EventFields = Record<string, string | number | boolean | null>;
export type SqlValue = string | number | null;
export type Row = Record<string, SqlValue>;

export interface Sql {
  rows(query: string, ...bindings: SqlValue[]): Row[];
  databaseSize(): number;
}

/** One runner's socket. It may outlive this object in memory: what is known of it is in its badge. */
export interface Line {
  badge(): Badge;
  setBadge(badge: Badge): void;
  /** Never throws; on a dead socket nothing happens. */
  send(text: string): void;
  close(code: number, reason: string): void;
  /** When the platform last answered this socket's ping by itself; null: never. */
  lastPingMs(): number | null;
}

/** How use is told; `none`: it is not. */
export type AccountingMode = "usage" | "charges" | "none";
export type Accounting = {
  mode: AccountingMode;
  reportUsage(bills: Bill[]): Promise<FundsAnswer>;
  charge(charges: Charge[]): Promise<FundsAnswer>;
  checkCredits(charges: Charge[]): Promise<FundsAnswer>;
};

export type QueuePorts = {
  category: string;
  times: Times;
  sql: Sql;
  /** All or nothing; nothing may be awaited inside. */
  transaction<T>(work: () => T): T;
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  randomHex(bytes: number): string;
  /** Whether `signature` (base64) is this raw Ed25519 key's (base64) over `text`. */
  verify(publicKey: string, text: string, signature: string): Promise<boolean>;
  control: ControlApi;
  accounting: Accounting;
  /** For a job that is adopted without its create; null: the machine type is not offered any more. */
  termsOfProduct(productId: string): Terms | null;
  /** The open sockets, of one runner or of all. */
  lines(runner?: string): Line[];
  setAlarm(atMs: number): void;
  /** What was used of the platform since this object is in memory. */
  used(): Used;
  /** To the relay of a watched job, in the background. `isRunnerBack`: its runner has just said hello. */
  tellRelay(key: JobKey, seen: WatchedState, isRunnerBack: boolean): void;
  /** How the queue stands, for the metrics; in the background. */
  report(snapshot: QueueSnapshot): Promise<void>;
  event(name: string, fields: EventFields): void;
};
