/**
 * The clock of the Worker, its objects and the tests. It stands still unless a test moves it, and it runs an hour ahead of
 * the platform's: an alarm set by it never fires by itself, and no timer stands in for it, so each test runs its alarms when it wants them.
 */
import { vi } from "vitest";
import { Wake } from "../../../worker/queue/wake.ts";

const AHEAD_MS = 3_600_000;

/** What the isolate remembers outlives a file, so the clock never goes back. */
let nowMs = 0;

/** Before the first object is made: each remembers the clock that it began with. */
export function startClock(): void {
  nowMs = nowMs === 0 ? Date.now() + AHEAD_MS : nowMs;
  vi.setSystemTime(nowMs);
  Wake.soonMs = Number.NEGATIVE_INFINITY;
}

export function advance(ms: number): void {
  nowMs += ms;
  vi.setSystemTime(nowMs);
}
