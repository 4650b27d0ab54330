/** What waits, looked at by its heads alone: never a scan of the queue. */

import type { Resources } from "../../shared/plan.ts";
import { DRIVE_MARK, type Key, NETWORK_MARK, number, OWN_MARK, text } from "./columns.ts";
import type { FailedStarts, Job, Terms } from "./job.ts";
import type { Row, Sql } from "./ports.ts";

/** The oldest job of a lane. */
export type Head = Key & {
  lane: string;
  workspace: string;
  acceptedAtMs: number;
  resources: Resources;
  gpuKind: string | null;
  network?: Terms["network"];
  drives: readonly string[];
  failedStarts: FailedStarts | null;
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

const HEADS = `${LANES}
  SELECT job.id, job.incarnation, job.lane, job.workspace, job.accepted_at, job.cpu, job.memory, job.gpu, job.gpu_kind,
         CASE WHEN ${[OWN_MARK, DRIVE_MARK, NETWORK_MARK].map((mark) => `instr(job.lane, '${mark}') > 0`).join(" OR ")}
              THEN job.record END AS record
    FROM lanes JOIN job ON (job.id, job.incarnation) = (
      SELECT id, incarnation FROM job AS oldest
       WHERE oldest.state = 'queued' AND oldest.later IS NULL AND oldest.lane = lanes.lane
       ORDER BY oldest.accepted_at LIMIT 1)
   WHERE lanes.lane IS NOT NULL`;

export function readHeads(sql: Sql): Head[] {
  return sql.rows(HEADS).map((row) => ({
    id: text(row, "id"),
    incarnation: text(row, "incarnation"),
    lane: text(row, "lane"),
    workspace: text(row, "workspace"),
    acceptedAtMs: number(row, "accepted_at"),
    resources: { cpu: number(row, "cpu"), memoryBytes: number(row, "memory"), gpu: number(row, "gpu") },
    gpuKind: row.gpu_kind === null ? null : text(row, "gpu_kind"),
    ...restOf(row),
  }));
}

/** Read only where the lane says that there is something. */
function restOf(row: Row): Pick<Head, "network" | "drives" | "failedStarts"> {
  const job = row.record ? (JSON.parse(text(row, "record")) as Job) : null;
  const { network, drives = [] } = job?.terms ?? {};
  return { ...(network === undefined ? {} : { network }), drives, failedStarts: job?.failedStarts ?? null };
}

/** What each workspace and each runner uses now, and the lanes that have a job on a machine. */
export type Usage = {
  byWorkspace: Map<string, number>;
  byRunner: Map<string, { used: Resources; jobs: number }>;
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
    const at = usage.byRunner.get(text(row, "runner")) ?? { used: { cpu: 0, memoryBytes: 0, gpu: 0 }, jobs: 0 };
    usage.byRunner.set(text(row, "runner"), {
      used: {
        cpu: at.used.cpu + number(row, "cpu"),
        memoryBytes: at.used.memoryBytes + number(row, "memory"),
        gpu: at.used.gpu + number(row, "gpu"),
      },
      jobs: at.jobs + number(row, "jobs"),
    });
  }
  return usage;
}
