/**
 * Full jitter: a uniformly random wait below an exponentially growing bound, so that many clients that failed together
 * do not come back together.
 */

/** Milliseconds to wait before try number `tries` + 1; `random` is uniform in [0, 1). */
export function fullJitter(tries: number, baseMs: number, maxMs: number, random: number): number {
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(tries, 30));
  return Math.floor(random * bound);
}

/** At least half of `boundMs`, the rest by chance: for what comes round again whether or not it failed. */
export function halfJitter(boundMs: number, random: number): number {
  return 1 + Math.floor((boundMs * (1 + random)) / 2);
}

/** A growing wait without jitter, for things only one party does. */
export function doubling(tries: number, baseMs: number, maxMs: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(tries, 30));
}
