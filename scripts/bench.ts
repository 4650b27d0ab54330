/**
 * `npm run bench`: how fast, light and cheap the product is, each figure beside a floor or a peer that was measured in
 * the same run. Prints a table and writes it as JSON. docs/performance.md explains the rows.
 *
 *   npm run bench -- --only 4,5 --rounds 1 --out FILE
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { machineFacts } from "../test/bench/machine.ts";
import type { Conditions, Row } from "../test/bench/row.ts";
import { ROWS } from "../test/bench/rows.ts";
import { type Result, tableOf } from "../test/bench/table.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    out: { type: "string", default: "test-results/bench.json" },
  },
});

const numbers = values.only?.split(",").map(Number);
const rows = ROWS.filter(({ number }) => numbers === undefined || numbers.includes(number));
const folder = await mkdtemp(join("/dev/shm", "ucloud-edge-bench-"));
const conditions = { rounds: Number(values.rounds), folder };

const startedAt = new Date().toISOString();
const results: Result[] = [];
for (const row of rows) {
  const startMs = performance.now();
  results.push(await resultOf(row, conditions));
  console.error(`${row.number} ${row.title}: ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}
await rm(folder, { recursive: true, force: true });

console.log(tableOf(results));
const report = { startedAt, rounds: conditions.rounds, machine: await machineFacts(), results };
await mkdir(dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify(report, null, 2)}\n`);

/** A row that fails is told of and keeps no other from being measured. */
async function resultOf(row: Row, given: Conditions): Promise<Result> {
  try {
    return { row: row.number, lines: await row.measure(given), trouble: null };
  } catch (error) {
    console.error(error);
    return { row: row.number, lines: [], trouble: `${row.title}: ${error instanceof Error ? error.message : "failed"}` };
  }
}
