/** A Worker that is put back by one release finds tables that the newer one has changed, and works on with them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bring } from "../../../support/queue/journey.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue } from "../../../support/queue/queue-under-test.ts";
import { anExit, aRunner } from "../../../support/queue/test-runner.ts";

const TABLES = ["job", "runner", "setting", "usage", "held", "funds", "watch"];
const MIGRATIONS = ["worker/queue/migrations.ts", "worker/registry/migrations.ts"];

test("a step, table, columns and fields that it does not know disturb nothing, and the step is not done again", async () => {
  const queue = openQueue();
  const before = await aRunner(queue);
  const ref = await bring(queue, before, "running");
  const { sql } = queue.queue.state.ports;
  sql.rows("CREATE TABLE tomorrow (id TEXT PRIMARY KEY) WITHOUT ROWID");
  for (const table of TABLES) {
    sql.rows(`ALTER TABLE ${table} ADD COLUMN tomorrow TEXT`);
  }
  for (const table of ["job", "runner"]) {
    sql.rows(`UPDATE ${table} SET record = json_set(record, '$.tomorrow', json('{"a":1}'))`);
  }
  sql.rows(`UPDATE setting SET value = json_set(value, '$.tomorrow', 1)`);
  sql.rows("INSERT INTO migration (step) SELECT MAX(step) + 1 FROM migration");
  const steps = sql.rows("SELECT step FROM migration");
  queue.restart({ keepsSockets: false });

  expect(await before.reconnect([{ ref, phase: "running" }])).toMatchObject([{ verdict: "keep" }]);
  await before.fact(ref, anExit());
  const next = await bring(queue, before, "running", aJob({ id: "2" }));
  await before.fact(next, anExit());
  await queue.pass(60_000);

  expect([queue.core.states("1"), queue.core.states("2")]).toEqual(new Array(2).fill(["RUNNING", "SUCCESS"]));
  expect(queue.row("1")).toMatchObject({ tomorrow: { a: 1 } });
  expect(sql.rows("SELECT step FROM migration")).toEqual(steps);
});

test.each(MIGRATIONS)("every step of %s only adds what an older Worker may leave out", (file) => {
  const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), "utf8");
  const [, list = ""] = /const STEPS: string\[\]\[\] = \[(.*?)\n\];/s.exec(text) ?? [];
  const statements = [...list.matchAll(/["`]((?:CREATE|ALTER|DROP|UPDATE|DELETE|INSERT)[^"`]*)["`]/g)].map(
    ([, sql = ""]) => sql,
  );
  expect(statements.length).toBeGreaterThan(4);
  // An index may be made anew: no query names one.
  const forbidden = statements.filter(
    (sql) => !/^(CREATE (TABLE|INDEX)|DROP INDEX \w+$|ALTER TABLE \w+ ADD COLUMN \w+ \w+$)/.test(sql),
  );
  expect(forbidden).toEqual([]);
});
