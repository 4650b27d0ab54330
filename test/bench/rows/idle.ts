/** A connected runner without work, for three real minutes: what its pings cost at the gateway. */
import { setTimeout as pause } from "node:timers/promises";
import { startSite } from "../bench-site.ts";
import { countedSince, readCounts } from "../counted/counts.ts";
import type { Bound, Line, Row } from "../row.ts";

/** The queue's own words about a new runner come within a minute. */
const SETTLED_MS = 75_000;
const IDLE_MS = 180_000;
const NONE: Bound = { atMost: 0 };

export const idle: Row = {
  number: 9,
  title: "an idle runner",
  isCounted: true,
  async measure(conditions) {
    const { gateway } = await startSite(conditions, 1, "counted");
    await pause(SETTLED_MS);
    const before = await readCounts(gateway.url);
    await pause(IDLE_MS);
    const after = await readCounts(gateway.url);
    const { objectRequests, socketMessages, rowsWritten } = countedSince(before, after);
    const line = (what: string, ours: number): Line => {
      return { measure: `an idle runner, 3 minutes: ${what}`, unit: "", ours, beside: null, goal: NONE };
    };
    return [
      line("times that an object woke", objectRequests + socketMessages),
      line("rows written", rowsWritten),
      line("alarms armed at the end", after.alarmsArmed),
    ];
  },
};
