/**
 * `maxSilence`: the gateway gives a job up after it has heard nothing of its runner for this long, so the runner must
 * have stopped it by then.
 *
 * The gateway counts from the last ping it answered. The runner counts from when it *sent* that ping, which is earlier,
 * and stops a margin before: without any clock being compared, the job ends here first.
 */
import { stopMargin } from "../../shared/times.ts";
import type { Attempt } from "./record.ts";

export type Heard = {
  /** Uptime, in this boot, at which the last answered ping was sent; null: none is known. */
  heardMs: number | null;
  stopMarginMs: number;
};

/**
 * Uptime at which the job is stopped for silence; null: never. The acceptance counts as heard, because the grant that
 * followed shows that it arrived.
 */
export function silenceDeadlineMs(attempt: Attempt, heard: Heard, bootId: string): number | null {
  const { maxSilenceMs } = attempt.terms;
  if (maxSilenceMs === null) {
    return null;
  }
  const accepted = attempt.acceptedAt.bootId === bootId ? attempt.acceptedAt.uptimeMs : 0;
  const heardMs = Math.max(heard.heardMs ?? 0, accepted);
  return heardMs + maxSilenceMs - stopMargin(heard, maxSilenceMs);
}
