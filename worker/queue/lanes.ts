/** What waits, looked at by its heads alone: never a scan of the queue. */

import { NO_RESOURCES, type Resources } from "../../shared/plan.ts";
import { DRIVE_MARK, isExclusiveLane, type Key, NETWORK_MARK, number, OWN_MARK, text } from "./columns.ts";
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

/** A bound on the work of one round; lanes beyond it wait for the next. */
export const MAX_LANES = 5_000;

/** Jumps from lane to lane along the index (a loose index scan), one lookup each. */
export const LANES = `
  WITH RECURSIVE lanes(lane) AS (
    SELECT MIN(lane) FROM job WHERE state = 'queued' AND later IS NULL
    UNION ALL
    SELECT (SELECT MIN(job.lane) FROM job WHERE state = 'queued' AND later IS NULL AND job.lane > lanes.lane)
      FROM lanes WHERE lanes.lane IS NOT NULL LIMIT ${MAX_LANES}
  )`;

/** Of each lane the oldest, as one value: a question inside a question has one answer. The index has it all. */
const HEADS = `${LANES}
  SELECT lanes.lane,
         (SELECT json_array(id, incarnation, workspace, accepted_at, cpu, memory, gpu, gpu_kind) FROM job
           WHERE state = 'queued' AND later IS NULL AND job.lane = lanes.lane
           ORDER BY accepted_at LIMIT 1) AS head
    FROM lanes WHERE lanes.lane IS NOT NULL`;

type HeadColumns = [string, string, string, number, number, number, number, string | null];

export function readHeads(sql: Sql): Head[] {
  return sql.rows(HEADS).map((row) => {
    const lane = text(row, "lane");
    // Our own columns, in the order of the query.
    const [id, incarnation, workspace, acceptedAtMs, cpu, memoryBytes, gpu, gpuKind] = JSON.parse(
      text(row, "head"),
    ) as HeadColumns;
    const resources = { cpu, memoryBytes, gpu };
    return {
      id,
      incarnation,
      lane,
      workspace,
      acceptedAtMs,
      resources,
      gpuKind,
      isExclusive: isExclusiveLane(lane),
      ...restOf(sql, { id, incarnation }, lane),
    };
  });
}

/** Read only where the lane says that there is something. */
function restOf(sql: Sql, { id, incarnation }: Key, lane: string): Pick<Head, "network" | "drives" | "failedStarts"> {
  if (![OWN_MARK, DRIVE_MARK, NETWORK_MARK].some((mark) => lane.includes(mark))) {
    return { drives: [], failedStarts: null };
  }
  const [row] = sql.rows("SELECT record FROM job WHERE id = ? AND incarnation = ?", id, incarnation);
  const job = row === undefined ? null : (JSON.parse(text(row, "record")) as Job);
  const { network, drives = [] } = job?.terms ?? {};
  return { ...(network === undefined ? {} : { network }), drives, failedStarts: job?.failedStarts ?? null };
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
