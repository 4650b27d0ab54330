/**
 * The platform's rate limit where there is no platform: one window per key, so many calls in it. It is a fuse as the
 * platform's is: forgotten with the process, and bounded, so that a flood of keys cannot fill the memory.
 */
import * as z from "zod/mini";
import { Recent } from "../isolate.ts";
import type { Limiter } from "../runner/rate.ts";

/** As wrangler.toml's `[[ratelimits]]` have it. */
export const limitSchema = z.object({ limit: z.int().check(z.positive()), period: z.int().check(z.positive()) });
type Limit = z.infer<typeof limitSchema>;

/** About 2 MB of addresses. */
const MAX_KEYS = 10_000;

export function createLimiter({ limit, period }: Limit, nowMs: () => number, maxKeys = MAX_KEYS): Limiter {
  const windows = new Recent<{ startMs: number; calls: number }>(maxKeys);
  return {
    limit: async ({ key }) => {
      const now = nowMs();
      const known = windows.get(key);
      if (known !== undefined && now - known.startMs < period * 1_000) {
        known.calls += 1;
        return { success: known.calls <= limit };
      }
      windows.set(key, { startMs: now, calls: 1 });
      return { success: true };
    },
  };
}
