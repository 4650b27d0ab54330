/** What the shipped runner holds in memory: idle, beside the least that could keep a line; and after many jobs. */
import { setTimeout as pause } from "node:timers/promises";
import { Child } from "../../support/child.ts";
import { bareClient } from "../bare-client.ts";
import { NODE, startSite } from "../bench-site.ts";
import { startFloor } from "../gateway.ts";
import { MEBIBYTE, residentBytes } from "../memory.ts";
import { productRate, SLOTS } from "../no-ops.ts";
import type { Row } from "../row.ts";

const IDLE_MS = 20_000;
/** The first jobs fill caches and have code compiled. */
const FIRST_JOBS = 200;
const JOBS = 1_000;
const BATCH = 200;
/** What a heap of this size differs by from one collection to the next. */
const NOISE_MIB = 8;

export const runnerMemory: Row = {
  number: 10,
  title: "the runner's memory",
  async measure(conditions) {
    const site = await startSite(conditions, SLOTS);
    const floor = await startFloor(conditions);
    const script = await bareClient(conditions.folder);
    const client = new Child(NODE, [script, floor.url], { cwd: conditions.folder, env: process.env });
    conditions.atEnd(() => client.kill());
    const resident = async (): Promise<number> => {
      await pause(IDLE_MS);
      return (await residentBytes(site.runner.child.pid)) / MEBIBYTE;
    };
    const idle = await resident();
    const bare = (await residentBytes(client.pid)) / MEBIBYTE;
    await productRate(site, FIRST_JOBS);
    const first = await resident();
    for (let done = 0; done < JOBS; done += BATCH) {
      await productRate(site, BATCH);
    }
    const beside = { name: "Node with a WebSocket", value: bare };
    return [
      { measure: "idle runner, resident", unit: "MiB", ours: idle, beside, goal: { atMost: 1.3 } },
      {
        measure: `growth over ${JOBS} jobs, after the first ${FIRST_JOBS}`,
        ...{ unit: "MiB", ours: (await resident()) - first, beside: null, goal: { atMost: NOISE_MIB } },
      },
    ];
  },
};
