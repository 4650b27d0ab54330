/** What Cloudflare gives the queue: storage, sockets, the alarm, the way to relays, and the log. */
import type { Env } from "../env.ts";
import { randomHex } from "../hex.ts";
import { event } from "../telemetry.ts";
import type { Used } from "./day-meter.ts";
import type { QueuePorts } from "./ports.ts";
import { verifyEd25519 } from "./proof.ts";
import { tellRelay } from "./relay-word.ts";
import type { SocketLines } from "./socket-line.ts";
import { storageSql } from "./storage-sql.ts";
import { registryOf } from "./stub.ts";

export type Platform = { ctx: DurableObjectState; env: Env; category: string; lines: SocketLines; used: Used };
type PlatformPort =
  | "sql"
  | "transaction"
  | "randomHex"
  | "verify"
  | "lines"
  | "used"
  | "tellRelay"
  | "report"
  | "event";

export function platformPorts({ ctx, env, category, lines, used }: Platform): Pick<QueuePorts, PlatformPort> {
  return {
    sql: storageSql(ctx.storage.sql, used),
    transaction: (work) => ctx.storage.transactionSync(work),
    randomHex,
    verify: verifyEd25519,
    lines: (runner) => lines.open(runner),
    used: () => used,
    tellRelay: (key, seen, isRunnerBack) => ctx.waitUntil(tellRelay(env, category, { key, seen, isRunnerBack })),
    report: (snapshot) => registryOf(env).report(category, snapshot),
    event,
  };
}
