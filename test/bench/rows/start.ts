/** How big the Worker is and how soon both programs are there. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { alternate } from "../alternation.ts";
import { NODE, startSite } from "../bench-site.ts";
import { startFloor } from "../gateway.ts";
import type { Row } from "../row.ts";

const PROJECT = new URL("../../..", import.meta.url).pathname;
const KIB = 1024;

export const start: Row = {
  number: 13,
  title: "size and start",
  async measure(conditions) {
    const site = await startSite(conditions, 1);
    const floor = await startFloor(conditions);
    const { workerd } = site.gateway;
    const measured = await alternate(conditions.rounds, {
      ours: async () => {
        await workerd.kill();
        await workerd.start();
        return { ms: workerd.startedInMs };
      },
      floor: async () => {
        await floor.kill();
        await floor.start();
        return { ms: floor.startedInMs };
      },
    });
    const runner = await alternate(conditions.rounds, {
      ours: async () => {
        await site.runner.terminate();
        const startMs = performance.now();
        await site.runner.start();
        return { ms: performance.now() - startMs };
      },
    });
    const beside = { name: "bare object", value: measured.floor.ms };
    const size = (await workerBytes(conditions.folder)) / KIB;
    return [
      { measure: "Worker, gzip", unit: "KiB", ours: size, beside: null, goal: { atMost: 120 } },
      { measure: "gateway: start of workerd to first answer", unit: "ms", ours: measured.ours.ms, beside, goal: null },
      { measure: "runner: start to ready", unit: "ms", ours: runner.ours.ms, beside: null, goal: { atMost: 1_000 } },
    ];
  },
};

/** As it would be uploaded. */
async function workerBytes(folder: string): Promise<number> {
  const out = join(folder, "upload");
  const wrangler = join(PROJECT, "node_modules/wrangler/bin/wrangler.js");
  await promisify(execFile)(NODE, [wrangler, "deploy", "--dry-run", "--outdir", out], { cwd: PROJECT });
  const files = readdirSync(out).filter((name) => /\.(js|wasm)$/.test(name));
  return files.reduce((bytes, name) => bytes + gzipSync(readFileSync(join(out, name))).length, 0);
}
