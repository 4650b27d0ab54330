/**
 * `npm run bench`: how fast, light and cheap the product is, each figure beside a floor or a peer that was measured in
 * the same run. Prints a table and writes it as JSON. docs/performance.md explains the rows.
 *
 *   npm run bench -- --only 4,5 --rounds 1 --out FILE
 *   npm run bench -- --page      puts the table into docs/performance.md
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { machineFacts } from "../test/bench/machine.ts";
import type { Conditions, Row } from "../test/bench/row.ts";
import { ROWS } from "../test/bench/rows.ts";
import { type Result, tableOf } from "../test/bench/table.ts";

const PAGE = new URL("../docs/performance.md", import.meta.url);
/** Its place on the page. */
const TABLE = /(<!-- measured -->)[\s\S]*(<!-- end -->)/;

/** A file system in memory, where the machine has one. */
const MEMORY = "/dev/shm";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
    out: { type: "string", default: "test-results/bench.json" },
    page: { type: "boolean", default: false },
  },
});

/** What rows have started, to be ended whatever happens. */
const opened = new Set<() => Promise<void>>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await Promise.all([...opened].map((end) => end()));
    process.exit(1);
  });
}

const numbers = values.only?.split(",").map(Number);
const rows = ROWS.filter(({ number }) => numbers === undefined || numbers.includes(number));

const startedAt = new Date().toISOString();
const results: Result[] = [];
for (const row of rows.filter(({ isCounted }) => !isCounted)) {
  results.push(await resultOf(row));
}
results.push(...(await Promise.all(rows.filter(({ isCounted }) => isCounted).map(resultOf))));
results.sort((a, b) => a.row - b.row);

const table = tableOf(results);
console.log(table);
const machine = machineFacts();
const report = { startedAt, rounds: Number(values.rounds), machine, results };
await mkdir(dirname(values.out), { recursive: true });
await writeFile(values.out, `${JSON.stringify(report, null, 2)}\n`);
if (values.page) {
  const { cpu, memory, kernel, node, workerd, podman, commit } = machine;
  const on = `${startedAt.slice(0, 10)}, ${commit}, ${values.rounds} rounds: ${cpu}, ${memory}, Linux ${kernel}, Node ${node}, workerd ${workerd}, ${podman}.`;
  const page = await readFile(PAGE, "utf8");
  await writeFile(PAGE, page.replace(TABLE, `$1\n${on}\n\n${table}\n$2`));
}

/** A row that fails is told of and keeps no other from being measured. */
async function resultOf(row: Row): Promise<Result> {
  const startMs = performance.now();
  const undone: (() => unknown)[] = [];
  const place = (parent: string): Promise<string> => mkdtemp(join(parent, "ucloud-edge-bench-"));
  const [folder, memory] = await Promise.all([place(tmpdir()), place(existsSync(MEMORY) ? MEMORY : tmpdir())]);
  const atEnd = (undo: () => unknown): void => void undone.unshift(undo);
  const end = async (): Promise<void> => {
    for (const undo of undone) {
      await undo();
    }
    await Promise.all([folder, memory].map((path) => rm(path, { recursive: true, force: true })));
  };
  opened.add(end);
  const given: Conditions = { rounds: Number(values.rounds), folder, memory, atEnd };
  try {
    return { row: row.number, lines: await row.measure(given), trouble: null };
  } catch (error) {
    console.error(error);
    const why = error instanceof Error ? error.message.split("\n")[0] : "failed";
    return { row: row.number, lines: [], trouble: `${row.title}: ${why}` };
  } finally {
    opened.delete(end);
    await end();
    console.error(`${row.number} ${row.title}: ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  }
}
