/**
 * The wall time, kept on the node: counted from the moment the container started over the spans in which it runs, by the machine's monotonic clock, and
 * ended here even if the gateway cannot be reached.
 *
 * Podman tells the start as wall-clock time. It is converted to uptime once and journalled: a clock that is set later
 * changes nothing.
 */
import type { Attempt, Moment } from "./record.ts";

/**
 * Podman's start time as a moment of this boot. It lies between `notBefore` (start was called) and now: a wall clock
 * that jumped in between cannot push it out of there.
 */
export function startedMoment(startedAtPodman: number, notBefore: Moment | null, now: Moment): Moment {
  const earliest = notBefore !== null && notBefore.bootId === now.bootId ? notBefore.uptimeMs : 0;
  const byClock = now.uptimeMs - (now.nowMs - startedAtPodman);
  const uptimeMs = Math.min(now.uptimeMs, Math.max(earliest, byClock));
  return { bootId: now.bootId, uptimeMs, nowMs: startedAtPodman };
}

/** Uptime at which the wall time is over; null: it does not run in this boot. */
export function wallDeadlineMs(attempt: Attempt, bootId: string): number | null {
  const { started, suspension, terms } = attempt;
  const since = suspension?.since ?? started;
  if (since === null || since.bootId !== bootId || suspension?.paused) {
    return null;
  }
  return since.uptimeMs + terms.wallMs - (suspension?.ranMs ?? 0);
}

/** The spans in which it ran, up to its end or now, and the moment of that end. */
export function ranUntil(attempt: Attempt, started: Moment, finishedAtPodman: number | null, now: Moment) {
  const { suspension } = attempt;
  const since = suspension?.since ?? started;
  const spanMs = ranMs(since, finishedAtPodman, now);
  const ran = suspension === null ? spanMs : Math.round(suspension.ranMs + (suspension.paused ? 0 : spanMs));
  // An end that was found late is told with the age of the end, not with that of the finding.
  const at = { ...now, uptimeMs: Math.min(now.uptimeMs, since.uptimeMs + spanMs), nowMs: since.nowMs + spanMs };
  return { ranMs: ran, at };
}

/**
 * How long it ran. Podman's two times are precise, but the clock may have been set between them: then what the
 * monotonic clock allows is the answer.
 */
function ranMs(started: Moment, finishedAtPodman: number | null, now: Moment): number {
  const longest = started.bootId === now.bootId ? now.uptimeMs - started.uptimeMs : now.nowMs - started.nowMs;
  const byPodman = finishedAtPodman === null ? -1 : finishedAtPodman - started.nowMs;
  const ran = byPodman >= 0 ? Math.min(byPodman, longest) : longest;
  return Math.max(0, Math.round(ran));
}
