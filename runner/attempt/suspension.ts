/**
 * Pauses, by the gateway's numbered orders: what is wanted, what was carried out, and how long the program really ran.
 * Pure. The wall clock stands still while the program does; a pause that lasts as long as it may ends by itself.
 */
import type { Step } from "./next-step.ts";
import { type Attempt, elapsedMs, type Moment, type Suspension } from "./record.ts";
import type { View } from "./view.ts";

/** Of jobs whose plan names none. */
const MAX_SUSPEND_MS = 86_400_000;

/** A newer order; one of a job that does not run, or that ends anyway, says nothing. */
export function orderSuspension(attempt: Attempt, n: number, wanted: boolean): Attempt {
  const { started, cause, outcome, suspension } = attempt;
  if (started === null || cause !== null || outcome !== null || n <= (suspension?.n ?? 0)) {
    return attempt;
  }
  const known: Suspension = suspension ?? {
    ...{ n: 0, wanted: false, carriedOut: 0, calledAt: null, byLimit: false },
    ...{ ranMs: 0, paused: false, since: started, untold: [] },
  };
  return { ...attempt, suspension: { ...known, n, wanted, byLimit: false } };
}

/** What Podman is to be asked so that the program does what is wanted; null: it does. */
export function suspensionStep(attempt: Attempt, view: View, now: Moment): Step | null {
  const { suspension } = attempt;
  const isPaused = view.found?.is === "alive" ? view.found.paused : null;
  if (suspension === null) {
    // Nobody asked: it was paused by hand, or the journal that knew of the order is lost.
    return isPaused === true ? { do: "resume" } : null;
  }
  const limitMs = suspensionLimitMs(attempt);
  if (limitMs !== null && now.uptimeMs >= limitMs) {
    return { do: "record", attempt: { ...attempt, suspension: { ...suspension, wanted: false, byLimit: true } } };
  }
  const isCarriedOut = suspension.carriedOut === suspension.n && suspension.wanted === suspension.paused;
  if (isCarriedOut && (isPaused === null || isPaused === suspension.wanted)) {
    return null;
  }
  return { do: suspension.wanted ? "pause" : "resume" };
}

/** Uptime at which the present pause ends by itself; null: there is none. */
export function suspensionLimitMs({ suspension, terms }: Attempt): number | null {
  return suspension?.paused && suspension.wanted
    ? suspension.since.uptimeMs + (terms.maxSuspendMs ?? MAX_SUSPEND_MS)
    : null;
}

/** Podman is about to be asked. */
export function callingFor(attempt: Attempt, now: Moment): Attempt {
  const { suspension } = attempt;
  return suspension === null ? attempt : { ...attempt, suspension: { ...suspension, calledAt: now } };
}

/** The program is as order `n` wanted it. `now` counts where no call of ours made it so. */
export function carriedOut(attempt: Attempt, { n, paused }: { n: number; paused: boolean }, now: Moment): Attempt {
  const { suspension } = attempt;
  if (suspension === null) {
    return attempt;
  }
  const changed = suspension.paused === paused ? suspension : { ...suspension, ...nextSpan(suspension, paused, now) };
  if (n <= suspension.carriedOut && suspension.paused === paused) {
    return { ...attempt, suspension: { ...changed, calledAt: null } };
  }
  const kind = paused ? ("suspended" as const) : ("resumed" as const);
  const fact = { kind, n, at: changed.since, byLimit: suspension.byLimit };
  const untold = [...suspension.untold, fact];
  return { ...attempt, suspension: { ...changed, calledAt: null, carriedOut: n, untold } };
}

/** After a call whose answer was not journalled: the process was killed, or Podman did not answer. */
export function foundAs(attempt: Attempt, paused: boolean, now: Moment): Attempt {
  const { suspension } = attempt;
  const isOurs = suspension !== null && suspension.calledAt !== null && suspension.wanted === paused;
  return isOurs && suspension.paused !== paused ? carriedOut(attempt, { n: suspension.n, paused }, now) : attempt;
}

/** It goes on because it is to be stopped: nobody is told. */
export function goneOn(attempt: Attempt, now: Moment): Attempt {
  const { suspension } = attempt;
  return suspension?.paused
    ? {
        ...attempt,
        suspension: { ...suspension, calledAt: null, ...nextSpan({ ...suspension, calledAt: null }, false, now) },
      }
    : attempt;
}

function nextSpan(
  suspension: Suspension,
  paused: boolean,
  now: Moment,
): Pick<Suspension, "paused" | "since" | "ranMs"> {
  const { calledAt, since, ranMs } = suspension;
  const at = calledAt !== null && calledAt.bootId === now.bootId ? calledAt : now;
  return { paused, since: at, ranMs: paused ? ranMs + elapsedMs(since, at) : ranMs };
}

export function acknowledgeSuspension(attempt: Attempt, kind: "suspended" | "resumed", n: number | undefined): Attempt {
  const { suspension } = attempt;
  const untold = suspension?.untold.filter((fact) => fact.kind !== kind || fact.n !== n) ?? [];
  return suspension === null || untold.length === suspension.untold.length
    ? attempt
    : { ...attempt, suspension: { ...suspension, untold } };
}

/** For a gateway that has lost what it knew: the present state is all that counts. */
export function retellSuspension(suspension: Suspension | null): Suspension | null {
  if (suspension === null || suspension.carriedOut === 0) {
    return suspension;
  }
  const { paused, since, carriedOut: n, byLimit } = suspension;
  return { ...suspension, untold: [{ kind: paused ? "suspended" : "resumed", n, at: since, byLimit }] };
}
