/** What the queue knows of its runners. A row is written when it changes, never for a sign of life. */

import type { Capacity } from "../../shared/capacity.ts";
import type { Resources } from "../../shared/plan.ts";
import type { Drained } from "./api.ts";
import { text } from "./columns.ts";
import type { Row, Sql } from "./ports.ts";

/** The last start that failed by the machine's fault, since one went well. */
export type FailedStart = { job: string; workspace: string; atMs: number };

/** `probes`: jobs that it was tried with. */
export type Trouble = { reason: string; sinceMs: number; probes: number; probeAtMs: number };

export type RunnerRow = {
  id: string;
  name: string;
  /** The newest enrolment that is known here; 0: none. */
  enrolledAt: number;
  revoked: boolean;
  /** Raised by every `hello`; frames from an older socket are refused. */
  session: number;
  instance: string;
  version: string;
  capacity: Capacity;
  usedElsewhere: Resources;
  /** A part of that is kept for a job of another of its queues. */
  heldElsewhere: boolean;
  /** Its inventory was complete; before that it gets no offers. */
  complete: boolean;
  /** The last sign of life of a socket that has closed; null while one is open. */
  lastSignMs: number | null;
  /** The newest word of an administrator that was heard; 0: none. */
  word: number;
  drained: Drained | null;
  /** Its own operator takes it out of service then; null: nothing is planned. */
  closesAtMs: number | null;
  failedStart: FailedStart | null;
  /** Null: it starts jobs, as far as known. */
  trouble: Trouble | null;
  /** On no list any more, or not for this category; the row is what refuses it. */
  removed: boolean;
  /** Where it called from, and its machine's name, at its last `hello`; null: before any. */
  address: string | null;
  hostname: string | null;
  /** Its version of Podman; null: not known. */
  podman: string | null;
};

const NOTHING: Resources = { cpu: 0, memoryBytes: 0, gpu: 0 };

type Later = "enrolledAt" | keyof typeof UNDECIDED;
const UNDECIDED = {
  heldElsewhere: false,
  word: 0,
  drained: null,
  closesAtMs: null,
  failedStart: null,
  trouble: null,
  removed: false,
  address: null,
  hostname: null,
  podman: null,
};

/** A runner before its first `hello`. */
export function unknownRunner(id: string, name: string): RunnerRow {
  return {
    id,
    name,
    enrolledAt: 0,
    revoked: false,
    session: 0,
    instance: "",
    version: "",
    capacity: { total: NOTHING, gpuKind: null, closed: null },
    usedElsewhere: NOTHING,
    complete: false,
    lastSignMs: null,
    ...UNDECIDED,
  };
}

type Room = Pick<RunnerRow, "capacity" | "usedElsewhere"> & {
  heldElsewhere?: boolean | undefined;
  closesInMs?: number | undefined;
};

/** As a frame of the runner says. */
export function withRoom(row: RunnerRow, room: Room, nowMs: number): RunnerRow {
  const { capacity, usedElsewhere, heldElsewhere = false, closesInMs } = room;
  return {
    ...row,
    capacity,
    usedElsewhere,
    heldElsewhere,
    closesAtMs: closesInMs === undefined ? null : nowMs + closesInMs,
  };
}

/** Read once: every turn asks for all of them. */
export class RunnerStore {
  readonly #sql: Sql;
  /** By id, in its order, the removed ones too; null: to be read. */
  #known: Map<string, RunnerRow> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get(id: string): RunnerRow | null {
    return this.#rows().get(id) ?? null;
  }

  all(): RunnerRow[] {
    return [...this.#rows().values()].filter(({ removed }) => !removed);
  }

  /** Connected, or so until a moment ago: their sockets died with the object, or closed since then. */
  countSince(sinceMs: number): number {
    const isLiving = ({ revoked, lastSignMs }: RunnerRow) => !revoked && (lastSignMs ?? sinceMs) >= sinceMs;
    return [...this.#rows().values()].filter(isLiving).length;
  }

  save(runner: RunnerRow): void {
    const before = this.get(runner.id);
    const record = JSON.stringify(runner);
    if (before === null || JSON.stringify(before) !== record) {
      this.#sql.rows(
        "INSERT OR REPLACE INTO runner (id, revoked, record) VALUES (?, ?, ?)",
        runner.id,
        runner.revoked ? 1 : 0,
        record,
      );
      this.#keep(before, runner);
    }
  }

  remove(id: string): void {
    this.#sql.rows("DELETE FROM runner WHERE id = ?", id);
    this.forget();
  }

  /** After a write that was rolled back the disk knows better. */
  forget(): void {
    this.#known = null;
  }

  #keep(before: RunnerRow | null, after: RunnerRow): void {
    if (before === null) {
      // It has a place of its own in their order.
      this.#known = null;
    } else {
      this.#known?.set(after.id, after);
    }
  }

  #rows(): Map<string, RunnerRow> {
    this.#known ??= new Map(
      this.#sql.rows("SELECT record FROM runner ORDER BY id").map((row) => {
        const runner = toRunner(row);
        return [runner.id, runner];
      }),
    );
    return this.#known;
  }

  isRevoked(id: string): boolean {
    return this.get(id)?.revoked ?? false;
  }
}

/** Our own words, written by `save`; a gateway from before wrote less. */
function toRunner(row: Row): RunnerRow {
  const record = JSON.parse(text(row, "record")) as Omit<RunnerRow, Later> & Partial<RunnerRow>;
  return { enrolledAt: 0, ...UNDECIDED, ...record };
}
