/** All rows. */
import type { Row } from "./row.ts";
import { claim } from "./rows/claim.ts";
import { cost } from "./rows/cost.ts";
import { createLatency } from "./rows/create-latency.ts";
import { createRate } from "./rows/create-rate.ts";
import { follow } from "./rows/follow.ts";
import { herd } from "./rows/herd.ts";
import { idle } from "./rows/idle.ts";
import { jobLatency } from "./rows/job-latency.ts";
import { jobRate } from "./rows/job-rate.ts";
import { offer } from "./rows/offer.ts";
import { peers } from "./rows/peers.ts";
import { runnerMemory } from "./rows/runner-memory.ts";
import { start } from "./rows/start.ts";

export const ROWS: readonly Row[] = [
  ...[createRate, createLatency, offer, jobLatency, jobRate, peers],
  ...[claim, cost, idle, runnerMemory, herd, follow, start],
];
