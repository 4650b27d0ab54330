/**
 * When the Registry is told how this queue stands. A scrape of the metrics wakes no queue, so a queue that is awake says
 * it by itself: with an alarm that comes anyway, and at the latest `snapshotMs` after something has changed. Everything
 * here is memory: one that is lost with it costs a word too many, and the alarm that was set stays set.
 */
import { nextWorkMs } from "./alarm-time.ts";
import type { Sql } from "./ports.ts";
import { promisedMs, takeSnapshot } from "./snapshot.ts";
import type { QueueState } from "./state.ts";

/** What the snapshot counts. The rest changes by alarms alone, which report anyway. */
const CHANGE = /^\s*(INSERT|UPDATE|DELETE)\b.*?\b(job|runner|held)\b/;

export class Reporting {
  /** Counts what changes. */
  readonly sql: Sql;
  /** How late the last alarm came. */
  lateMs = 0;
  #writes = 0;
  #reportedWrites = 0;
  #changedAtMs: number | null = null;
  #reportedAtMs: number | null = null;
  #promisedMs: number | null = null;
  #trouble = "";

  constructor(sql: Sql) {
    this.sql = {
      rows: (query, ...bindings) => {
        this.#writes += CHANGE.test(query) ? 1 : 0;
        return sql.rows(query, ...bindings);
      },
      databaseSize: () => sql.databaseSize(),
    };
  }

  /** The tables are as they are after a start: that is no news. */
  begin(): void {
    this.#reportedWrites = this.#writes;
  }

  /** When to report at the latest; null: nothing has changed. */
  dueMs({ nowMs, snapshotMs }: { nowMs: number; snapshotMs: number }): number | null {
    if (this.#writes === this.#reportedWrites) {
      return null;
    }
    this.#changedAtMs ??= nowMs;
    return this.#changedAtMs + snapshotMs;
  }

  mayReport({ nowMs, snapshotMs }: { nowMs: number; snapshotMs: number }): boolean {
    return this.#reportedAtMs === null || nowMs - this.#reportedAtMs >= snapshotMs;
  }

  /** Nobody misses an alarm before `alarmAtMs`, and the trouble with UCloud is known. */
  isSaid(alarmAtMs: number | null, trouble: string): boolean {
    const isPromised = this.#promisedMs === null || (alarmAtMs !== null && alarmAtMs <= this.#promisedMs);
    return isPromised && trouble === this.#trouble;
  }

  reported({ nowMs, alarmAtMs, trouble }: { nowMs: number; alarmAtMs: number | null; trouble: string }): void {
    this.#reportedAtMs = nowMs;
    this.#trouble = trouble;
    this.#promisedMs = promisedMs({ atMs: nowMs, alarmAtMs });
    this.#reportedWrites = this.#writes;
    this.#changedAtMs = null;
  }

  /** Something is to be said as if it had changed now. */
  owe(): void {
    this.#reportedWrites -= 1;
  }
}

/** The end of every alarm. */
export function reportSnapshot(state: QueueState): void {
  const { ports, reporting } = state;
  const at = { nowMs: ports.nowMs(), snapshotMs: ports.times.snapshotMs };
  const alarmAtMs = nextWorkMs(state);
  const { refreshRefusedSinceMs, outage } = state.settings.get();
  const trouble = `${refreshRefusedSinceMs} ${outage !== null}`;
  if (!reporting.mayReport(at)) {
    if (!reporting.isSaid(alarmAtMs, trouble)) {
      reporting.owe();
    }
    return;
  }
  reporting.reported({ nowMs: at.nowMs, alarmAtMs, trouble });
  const snapshot = takeSnapshot(state, { atMs: alarmAtMs, lateMs: reporting.lateMs });
  ports.report(snapshot).catch((error) => {
    reporting.owe();
    ports.event("snapshot.unreported", { error: error instanceof Error ? error.name : "unknown" });
  });
}
