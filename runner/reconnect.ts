/** When to dial again: soon after a lost line, spread out so that a gateway's deploy is no stampede. */
import { fullJitter } from "../shared/backoff.ts";

/** How the last try ended. */
export type Ending =
  /** It had been welcomed. `windowMs`: over how much the gateway asks its runners to spread out. */
  | { is: "lost"; windowMs: number }
  | { is: "failed" }
  /** 401: the token's time may have been wrong; the refusal told the right one. */
  | { is: "wrong-time" }
  | { is: "refused" }
  /** 429: too many dials from here. */
  | { is: "throttled"; retryAfterMs: number }
  /** The same key is connected from elsewhere, `count` times in a row. */
  | { is: "other-instance"; retryAfterMs: number; count: number };

const BASE_MS = 500;
const MAX_MS = 60_000;
const SLOW_MS = 300_000;
/** From this many refusals on it is no reconnect that crossed itself. */
export const ELSEWHERE_FROM = 3;

/** `tries` counts those that failed in a row; `random` is uniform in [0, 1). */
export function redialAfterMs(ending: Ending, tries: number, random: number): number {
  switch (ending.is) {
    case "lost":
      return Math.floor(random * Math.min(ending.windowMs, MAX_MS));
    case "wrong-time":
      return tries <= 1 ? 0 : fullJitter(tries, BASE_MS, MAX_MS, random);
    case "failed":
      return fullJitter(tries, BASE_MS, MAX_MS, random);
    case "refused":
      return MAX_MS / 2 + Math.floor((random * MAX_MS) / 2);
    case "throttled": {
      // All runners of the address were told the same.
      const leastMs = Math.min(Math.max(ending.retryAfterMs, BASE_MS), SLOW_MS);
      return leastMs + Math.floor(random * leastMs);
    }
    case "other-instance":
      return ending.count >= ELSEWHERE_FROM ? SLOW_MS : Math.min(ending.retryAfterMs + BASE_MS, MAX_MS);
    default:
      return ending satisfies never;
  }
}
