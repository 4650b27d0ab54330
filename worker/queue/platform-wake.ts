/** The alarm and the timers of Cloudflare, as `Wake` uses them. */
import type { Platform } from "./platform-ports.ts";
import type { Waking } from "./wake.ts";

export function platformWaking({ ctx, used, nowMs }: Pick<Platform, "ctx" | "used"> & Pick<Waking, "nowMs">): Waking {
  return {
    nowMs,
    setAlarm: (atMs) => {
      // The platform counts it as a row.
      used.rowsWritten += 1;
      void ctx.storage.setAlarm(atMs);
    },
    timer: (ms, ring) => {
      const timeout = setTimeout(ring, ms);
      return () => clearTimeout(timeout);
    },
    waitUntil: (work) => ctx.waitUntil(work),
  };
}
