/**
 * Signs of life: the newest of last answered ping, `hello` and last frame. They are read, not written; but they die with
 * the socket, so a runner's row keeps the last one when its socket closes.
 */
import { isWelcomed } from "./badge.ts";
import type { At } from "./job.ts";
import { unknownRunner } from "./runner-store.ts";
import { nextSilenceMs } from "./silence.ts";
import type { QueueState } from "./state.ts";

/** Null: neither a socket nor a note tells. */
function lastSignMs(state: QueueState, runner: string): number | null {
  const signs = [state.lastFrameMs.get(runner) ?? 0, state.runners.get(runner)?.lastSignMs ?? 0];
  for (const line of state.ports.lines(runner)) {
    const badge = line.badge();
    if (isWelcomed(badge)) {
      signs.push(badge.hello.atMs, line.lastPingMs() ?? 0);
    }
  }
  const newest = Math.max(...signs);
  return newest === 0 ? null : newest;
}

/**
 * As `lastSignMs`, and writes down *now* where nothing is known: the object was restarted and its sockets are gone. Later
 * is always safe, since the runner counts from its own last ping.
 */
export function signOf(state: QueueState, runner: string, { nowMs }: At): number {
  const known = lastSignMs(state, runner);
  if (known !== null) {
    return known;
  }
  const row = state.runners.get(runner) ?? unknownRunner(runner, runner);
  state.runners.save({ ...row, lastSignMs: nowMs });
  return nowMs;
}

/** For views: changes nothing. */
export function silentForMs(state: QueueState, runner: string): number | null {
  const known = lastSignMs(state, runner);
  return known === null ? null : Math.max(0, state.ports.nowMs() - known);
}

/** Null while no runner holds a job: then nobody's silence matters. */
export function nextSilenceCheckMs(state: QueueState): number | null {
  const at = state.at();
  let nextMs: number | null = null;
  for (const runner of state.jobs.runnersWithJobs()) {
    const signMs = signOf(state, runner, at);
    for (const job of state.jobs.heldBy(runner)) {
      const mayMs = nextSilenceMs(job, signMs, at);
      nextMs = mayMs === null ? nextMs : Math.min(nextMs ?? mayMs, mayMs);
    }
  }
  return nextMs;
}
