/**
 * TERM, grace, KILL, on the runner's own timers: Podman's stop call would hold the container's lock for the whole grace
 * and fails on a paused container. The grace begins when TERM was delivered and is not charged.
 */
import type { Attempt } from "./record.ts";

/** KILL is repeated: the first may have met a Podman that was going away. */
const KILL_AGAIN_MS = 5_000;

export type Signal = { signal: "TERM" | "KILL"; atMs: number };

/** The next signal and the uptime at which it is due. `killedMs`: when this process last sent KILL. */
export function nextSignal(attempt: Attempt, killedMs: number | null, bootId: string): Signal {
  const { termAt, terms } = attempt;
  if (termAt === null || termAt.bootId !== bootId) {
    return { signal: "TERM", atMs: 0 };
  }
  const atMs = killedMs === null ? termAt.uptimeMs + terms.stopGraceMs : killedMs + KILL_AGAIN_MS;
  return { signal: "KILL", atMs };
}
