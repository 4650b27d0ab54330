/** What every turn asks is answered from an index alone: a job's row carries its whole plan. */
import { expect, test } from "vitest";
import { JobStore } from "../../../../worker/queue/job-store.ts";
import { Lanes, readUsage } from "../../../../worker/queue/lanes.ts";
import { migrate } from "../../../../worker/queue/migrations.ts";
import type { Sql } from "../../../../worker/queue/ports.ts";
import { openMemoryDatabase } from "../../../support/simulation/memory-sql.ts";

const ASKED: [string, (sql: Sql) => unknown][] = [
  ["which jobs are the heads of their lanes", (sql) => new Lanes(sql).heads()],
  ["what workspaces and runners use", (sql) => readUsage(sql)],
  ["which job is the head of a lane in which something has changed", changedHead],
  ["how many jobs wait", (sql) => new JobStore(sql).waiting(20)],
];

test.each(ASKED)("%s is read without a row of a job", (_what, ask) => {
  const database = openMemoryDatabase();
  migrate(database);
  const queries: string[] = [];
  ask({
    ...database.sql,
    rows: (query, ...bindings) => {
      queries.push(query);
      return database.sql.rows(query, ...bindings);
    },
  });
  const plans = queries.flatMap((query) => {
    const bindings = query.includes("?") ? [1] : [];
    return database.sql.rows(`EXPLAIN QUERY PLAN ${query}`, ...bindings).map(({ detail }) => String(detail));
  });
  const looks = plans.filter((detail) => /^(SCAN|SEARCH) job\b/.test(detail));
  expect(looks.length).toBeGreaterThan(0);
  expect(looks.filter((detail) => !detail.includes("USING COVERING INDEX"))).toEqual([]);
  database.close();
});

function changedHead(sql: Sql): void {
  const lanes = new Lanes(sql);
  lanes.heads();
  lanes.changed("a");
  lanes.heads();
}
