/**
 * How a queue stands, for the metrics: counts, and moments instead of ages, so that a snapshot of a queue that sleeps
 * still tells the truth. Numbers and words of ours only; nothing names a job, a user or a runner.
 */
import * as z from "zod/mini";
import { number, text } from "./columns.ts";
import type { Head } from "./lanes.ts";
import { closesAtMs } from "./maintenance.ts";
import { closedBy, obstacleOf, type Situation, situationOf } from "./obstacle.ts";
import type { RunnerRow } from "./runner-store.ts";
import { silentForMs } from "./signs.ts";
import type { QueueState } from "./state.ts";
import { isSuspended } from "./suspension.ts";

const moment = z._default(z.nullable(z.number()), null);
const counts = z._default(z.record(z.string(), z.number()), {});
const waitingSchema = z.object({ reason: z.string(), jobs: z.number(), sinceMs: z.number() });
const heldSchema = z.object({ kind: z.string(), acts: z.number(), sinceMs: z.number() });

/** A Registry keeps snapshots of queues that ran another release: each field may be missing. */
export const snapshotSchema = z.object({
  atMs: z.number(),
  /** The next alarm that was set; null: none. */
  alarmAtMs: moment,
  /** How late the last alarm came. */
  alarmLateMs: z._default(z.number(), 0),
  databaseBytes: z._default(z.number(), 0),
  /** Jobs that have not ended, by state. */
  jobs: counts,
  waiting: z._default(z.array(waitingSchema), []),
  undelivered: z._default(z.object({ finals: z.number(), others: z.number() }), { finals: 0, others: 0 }),
  /** The end of the job that waits longest for UCloud to take it. */
  oldestFinalMs: moment,
  refreshRefusedSinceMs: moment,
  /** Tries in a row that UCloud did not answer as agreed. */
  failedTries: z._default(z.number(), 0),
  runners: counts,
  silentWithJobs: z._default(z.number(), 0),
  held: z._default(z.array(heldSchema), []),
  /** Since when there is use that UCloud was not told. */
  usageSinceMs: moment,
});

/** A word without news is said again only when this is over. */
const RENEW_MS = 600_000;

/** Until when nobody misses the queue's alarm; null: none is set, so none is missed. */
export function promisedMs({ atMs, alarmAtMs }: Pick<QueueSnapshot, "atMs" | "alarmAtMs">): number | null {
  return alarmAtMs === null ? null : Math.max(alarmAtMs, atMs + RENEW_MS);
}

export type QueueSnapshot = z.infer<typeof snapshotSchema>;
type Waiting = z.infer<typeof waitingSchema>;

export function takeSnapshot(state: QueueState, alarm: { atMs: number | null; lateMs: number }): QueueSnapshot {
  const { refreshRefusedSinceMs, outage, usageAtMs, usageSinceMs } = state.settings.get();
  const runners = state.runners.all().filter(({ removed }) => !removed);
  return {
    atMs: state.ports.nowMs(),
    alarmAtMs: alarm.atMs,
    alarmLateMs: alarm.lateMs,
    databaseBytes: state.ports.sql.databaseSize(),
    jobs: countJobs(state),
    waiting: countWaiting(state),
    ...countUndelivered(state),
    refreshRefusedSinceMs,
    failedTries: outage?.tries ?? 0,
    runners: countBy(runners.map((row) => standingOf(state, row))),
    silentWithJobs: runners.filter((row) => isSilent(state, row) && state.jobs.heldBy(row.id).length > 0).length,
    held: countHeld(state),
    usageSinceMs: usageAtMs === null ? null : usageSinceMs,
  };
}

/** By the partial indexes: rows of jobs that ended are not looked at. */
function countJobs({ ports: { sql }, jobs }: QueueState): Record<string, number> {
  const rows = sql.rows(
    `SELECT state, COUNT(*) AS n FROM job WHERE runner IS NOT NULL GROUP BY state
      UNION ALL SELECT 'queued', COUNT(*) FROM job WHERE state = 'queued' AND later IS NULL
      UNION ALL SELECT state, COUNT(*) FROM job WHERE later IS NOT NULL GROUP BY state`,
  );
  const found: Record<string, number> = { held: 0, queued: 0, offered: 0, claimed: 0, starting: 0, running: 0 };
  for (const row of rows) {
    const name = text(row, "state");
    found[name] = (found[name] ?? 0) + number(row, "n");
  }
  const suspended = jobs.runningNow().filter(isSuspended).length;
  return { ...found, running: (found.running ?? 0) - suspended, suspended };
}

/** Jobs of one lane meet the same obstacle, and the index alone counts them. */
function countWaiting(state: QueueState): Waiting[] {
  const { sql } = state.ports;
  const situation = situationOf(state, state.at());
  const reasons = new Map([...state.jobs.lanes.heads()].map((head) => [head.lane, reasonOf(state, head, situation)]));
  const lanes = sql.rows(
    `SELECT lane, COUNT(*) AS n, MIN(accepted_at) AS since
       FROM job WHERE state = 'queued' AND later IS NULL GROUP BY lane ORDER BY since`,
  );
  const waiting = lanes.map((row): Waiting => {
    // Heads are bounded: of a lane beyond them nobody has looked.
    const reason = reasons.get(text(row, "lane")) ?? "other";
    return { reason, jobs: number(row, "n"), sinceMs: number(row, "since") };
  });
  const paused = sql.rows(
    "SELECT COUNT(*) AS n, MIN(accepted_at) AS since FROM job WHERE later IS NOT NULL AND state = 'queued'",
  )[0];
  const retrying = { reason: "retry", jobs: number(paused ?? {}, "n"), sinceMs: number(paused ?? {}, "since") };
  return [...Map.groupBy(retrying.jobs > 0 ? [...waiting, retrying] : waiting, ({ reason }) => reason)].map(
    ([reason, parts]) => ({
      reason,
      jobs: parts.reduce((sum, { jobs }) => sum + jobs, 0),
      sinceMs: Math.min(...parts.map(({ sinceMs }) => sinceMs)),
    }),
  );
}

/** A runner's own word for why it has closed is not made a label. */
function reasonOf(state: QueueState, head: Head, situation: Situation): string {
  const { resources, gpuKind, network, drives, workspace } = head;
  const isClosing = situation.connected.some(({ row }) => Number.isFinite(closesAtMs(row, situation.nowMs)));
  const times = (isClosing ? state.jobs.get(head)?.terms : undefined) ?? { wallMs: 0 };
  const terms = { ...times, resources, gpuKind, ...(network === undefined ? {} : { network }), drives: [...drives] };
  const obstacle = obstacleOf({ terms, workspace }, situation);
  return obstacle?.kind === "closed" ? closedWord(obstacle.code) : (obstacle?.kind ?? "room");
}

function closedWord(code: string): string {
  return code === "drain" ? "drained" : code === "degraded" ? "degraded" : "closed";
}

function countUndelivered({ ports: { sql } }: QueueState): Pick<QueueSnapshot, "undelivered" | "oldestFinalMs"> {
  const row = sql.rows(
    `SELECT COUNT(*) AS n, COUNT(ended_at) AS finals, MIN(ended_at) AS since FROM job WHERE due IS NOT NULL`,
  )[0];
  const finals = number(row ?? {}, "finals");
  const oldestFinalMs = typeof row?.since === "number" ? row.since : null;
  return { undelivered: { finals, others: number(row ?? {}, "n") - finals }, oldestFinalMs };
}

function countHeld({ ports: { sql } }: QueueState): QueueSnapshot["held"] {
  return sql
    .rows("SELECT kind, COUNT(*) AS n, MIN(record ->> '$.sinceMs') AS since FROM held GROUP BY kind")
    .map((row) => ({ kind: text(row, "kind"), acts: number(row, "n"), sinceMs: number(row, "since") }));
}

/** The one word that says most about whether it takes jobs. */
function standingOf(state: QueueState, row: RunnerRow): string {
  if (row.revoked) {
    return "revoked";
  }
  if (state.lineOf(row.id) === null) {
    return "disconnected";
  }
  if (isSilent(state, row)) {
    return "silent";
  }
  const code = closedBy(row, state.ports.nowMs());
  return code === undefined ? "open" : closedWord(code);
}

function isSilent(state: QueueState, { id, revoked }: RunnerRow): boolean {
  return !revoked && (silentForMs(state, id) ?? 0) > state.ports.times.leaseMs;
}

function countBy(words: string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));
}
