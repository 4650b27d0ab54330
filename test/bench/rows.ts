/** All rows, in the order in which they are measured. */
import type { Row } from "./row.ts";
import { createLatency } from "./rows/create-latency.ts";
import { createRate } from "./rows/create-rate.ts";

export const ROWS: readonly Row[] = [createRate, createLatency];
