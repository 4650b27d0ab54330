/** Jobs written to the disk. Only columns that differ are: an index costs a row for each of its columns that is set. */
import type { JobPlan } from "../../shared/plan.ts";
import { columnsOf } from "./columns.ts";
import type { Job } from "./job.ts";
import type { Sql } from "./ports.ts";

export function insertRow(sql: Sql, job: Job, plan: JobPlan | null): void {
  const columns = { id: job.id, incarnation: job.incarnation, ...columnsOf(job), plan: plan && JSON.stringify(plan) };
  const names = Object.keys(columns);
  const marks = names.map(() => "?").join(", ");
  sql.rows(`INSERT INTO job (${names.join(", ")}) VALUES (${marks})`, ...Object.values(columns));
}

/** The plan goes with the job's end; `tail`, the last bytes of its output, comes with it. */
export function updateRow(sql: Sql, before: Job, after: Job, tail: string | null): void {
  const old = columnsOf(before);
  const changed = Object.entries(columnsOf(after)).filter(([name, value]) => old[name] !== value);
  if (changed.length === 0) {
    return;
  }
  if (tail !== null) {
    changed.push(["tail", tail]);
  }
  const erase = after.place.state === "done" && before.place.state !== "done" ? ", plan = NULL" : "";
  const sets = changed.map(([name]) => `${name} = ?`).join(", ");
  const values = changed.map(([, value]) => value);
  const { id, incarnation } = after;
  sql.rows(`UPDATE job SET ${sets}${erase} WHERE id = ? AND incarnation = ?`, ...values, id, incarnation);
}
