/** What waits, looked at by its heads alone: never a scan of the queue. And what is in use. */

import { NO_RESOURCES, type Resources } from "../../shared/plan.ts";
import {
  DRIVE_MARK,
  isExclusiveLane,
  isWaiting,
  type Key,
  laneOf,
  NETWORK_MARK,
  number,
  OWN_MARK,
  text,
} from "./columns.ts";
import type { FailedStarts, Job, Terms } from "./job.ts";
import type { Sql } from "./ports.ts";

/** The oldest job of a lane. */
export type Head = Key & {
  lane: string;
  workspace: string;
  acceptedAtMs: number;
  resources: Resources;
  gpuKind: string | null;
  /** Absent: others may be on its machine. */
  isExclusive?: boolean;
  network?: Terms["network"];
  drives: readonly string[];
  failedStarts: FailedStarts | null;
  /** When it is over at the latest if it is offered now. Asked only where a machine is about to close. */
  endsByMs?: () => number;
};

/** A bound on the work of one round, and on what is kept; lanes beyond it wait until there is room. */
const MAX_LANES = 5_000;

const OLDEST = `SELECT json_array(id, incarnation, workspace, accepted_at, cpu, memory, gpu, gpu_kind) FROM job
                 WHERE state = 'queued' AND later IS NULL AND job.lane = :lane
                 ORDER BY accepted_at, id, incarnation LIMIT 1`;

/** Jumps from lane to lane along the index (a loose index scan), one lookup each; the index has all that is asked for. */
const HEADS = `
  WITH RECURSIVE lanes(lane) AS (
    SELECT MIN(lane) FROM job WHERE state = 'queued' AND later IS NULL
    UNION ALL
    SELECT (SELECT MIN(job.lane) FROM job WHERE state = 'queued' AND later IS NULL AND job.lane > lanes.lane)
      FROM lanes WHERE lanes.lane IS NOT NULL LIMIT ${MAX_LANES}
  )
  SELECT lanes.lane, (${OLDEST.replace(":lane", "lanes.lane")}) AS head FROM lanes WHERE lanes.lane IS NOT NULL`;
const HEAD = `SELECT (${OLDEST.replace(":lane", "?")}) AS head`;

type HeadColumns = [string, string, string, number, number, number, number, string | null];

/**
 * The heads, kept in memory: in each turn only those lanes are read again in which something has changed. `changed` is
 * told of every write to a job.
 */
export class Lanes {
  readonly #sql: Sql;
  readonly #changed = new Set<string>();
  /** Null: to be read. */
  #heads: Map<string, Head> | null = null;
  /** There are lanes that nobody has looked at. */
  #hasMore = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  changed(lane: string): void {
    this.#changed.add(lane);
  }

  /** A job that comes, before it is written: the first of its lane is its head, and behind another it changes nothing. */
  comes(job: Job): void {
    const heads = this.#heads ?? this.#read();
    const lane = laneOf(job);
    const head = heads.get(lane);
    if (head !== undefined && byAge(job, head) > 0) {
      return;
    }
    const isKnown = !this.#changed.has(lane) && !this.#hasMore && heads.size < MAX_LANES;
    if (isKnown && head === undefined && isWaiting(job)) {
      heads.set(lane, headOf(job));
    } else {
      this.changed(lane);
    }
  }

  /** A turn was undone. */
  forget(): void {
    this.#heads = null;
    this.#changed.clear();
  }

  heads(): Iterable<Head> {
    return this.#read().values();
  }

  isEmpty(): boolean {
    return this.#read().size === 0;
  }

  #read(): Map<string, Head> {
    const known = this.#heads === null ? null : this.#readChanged(this.#heads);
    this.#heads = known ?? this.#readAll();
    this.#changed.clear();
    return this.#heads;
  }

  /** Null: there is room now for lanes that nobody has looked at. */
  #readChanged(heads: Map<string, Head>): Map<string, Head> | null {
    for (const lane of this.#changed) {
      const [row] = this.#sql.rows(HEAD, lane);
      if (typeof row?.head === "string") {
        if (heads.has(lane) || heads.size < MAX_LANES) {
          // The last of them now, so that they stay about in order of age: to sort those that are is next to nothing.
          heads.delete(lane);
          heads.set(lane, toHead(this.#sql, lane, row.head));
        } else {
          this.#hasMore = true;
        }
      } else {
        heads.delete(lane);
      }
    }
    return this.#hasMore && heads.size < MAX_LANES ? null : heads;
  }

  #readAll(): Map<string, Head> {
    const rows = this.#sql.rows(HEADS);
    this.#hasMore = rows.length === MAX_LANES;
    const heads = rows.map((row) => {
      const lane = text(row, "lane");
      return toHead(this.#sql, lane, text(row, "head"));
    });
    heads.sort(byAge);
    return new Map(heads.map((head) => [head.lane, head]));
  }
}

type Age = Pick<Head, "acceptedAtMs" | "id">;

/** The oldest first. */
export function byAge(one: Age, other: Age): number {
  const byId = one.id === other.id ? 0 : one.id < other.id ? -1 : 1;
  return one.acceptedAtMs - other.acceptedAtMs || byId;
}

function headOf(job: Job): Head {
  const { id, incarnation, workspace, acceptedAtMs, failedStarts } = job;
  const { resources, gpuKind, network, drives = [] } = job.terms;
  const lane = laneOf(job);
  const key = { id, incarnation, lane, workspace, acceptedAtMs };
  const wish = {
    resources,
    gpuKind,
    isExclusive: isExclusiveLane(lane),
    ...(network === undefined ? {} : { network }),
  };
  return { ...key, ...wish, drives, failedStarts };
}

/** The record is read only where the lane says that it has more than the index. */
function toHead(sql: Sql, lane: string, head: string): Head {
  // Our own columns, in the order of the query.
  const [id, incarnation, workspace, acceptedAtMs, cpu, memoryBytes, gpu, gpuKind] = JSON.parse(head) as HeadColumns;
  if ([OWN_MARK, DRIVE_MARK, NETWORK_MARK].some((mark) => lane.includes(mark))) {
    const [row = {}] = sql.rows("SELECT record FROM job WHERE id = ? AND incarnation = ?", id, incarnation);
    return headOf(JSON.parse(text(row, "record")) as Job);
  }
  const key = { id, incarnation, lane, workspace, acceptedAtMs };
  const wish = { resources: { cpu, memoryBytes, gpu }, gpuKind, isExclusive: isExclusiveLane(lane) };
  return { ...key, ...wish, drives: [], failedStarts: null };
}

/** What each workspace and each runner uses now, and the lanes that have a job on a machine. */
export type Usage = {
  byWorkspace: Map<string, number>;
  /** `isExclusive`: a job has the machine to itself. */
  byRunner: Map<string, { used: Resources; jobs: number; isExclusive: boolean }>;
  served: Set<string>;
};

export function readUsage(sql: Sql): Usage {
  const rows = sql.rows(
    `SELECT runner, lane, workspace, SUM(cpu) AS cpu, SUM(memory) AS memory, SUM(gpu) AS gpu, COUNT(*) AS jobs
       FROM job WHERE runner IS NOT NULL GROUP BY runner, lane, workspace`,
  );
  const usage: Usage = { byWorkspace: new Map(), byRunner: new Map(), served: new Set() };
  for (const row of rows) {
    const workspace = text(row, "workspace");
    usage.served.add(text(row, "lane"));
    usage.byWorkspace.set(workspace, (usage.byWorkspace.get(workspace) ?? 0) + number(row, "cpu"));
    const at = usage.byRunner.get(text(row, "runner")) ?? { used: NO_RESOURCES, jobs: 0, isExclusive: false };
    usage.byRunner.set(text(row, "runner"), {
      used: {
        cpu: at.used.cpu + number(row, "cpu"),
        memoryBytes: at.used.memoryBytes + number(row, "memory"),
        gpu: at.used.gpu + number(row, "gpu"),
      },
      jobs: at.jobs + number(row, "jobs"),
      isExclusive: at.isExclusive || isExclusiveLane(text(row, "lane")),
    });
  }
  return usage;
}
