/** `GET /healthz`: green unless a queue cannot talk to UCloud for so long that it refuses jobs, or a clock is wrong. */
import type { Env, Settings } from "../env.ts";
import { health } from "../isolate.ts";
import { queueOf } from "../queue/stub.ts";
import { categoriesOf } from "./categories.ts";

/** Anybody may ask, so the queues are asked this often at most. */
const KEEP_MS = 10_000;
const REFUSED_TOO_LONG_MS = 600_000;
/** More than requests and a sloppy clock explain. */
const CLOCK_TOO_WRONG_MS = 60_000;

export async function showHealth(
  { env, settings }: { env: Env; settings: Settings },
  nowMs: number,
): Promise<Response> {
  if (nowMs - health.atMs >= KEEP_MS) {
    health.atMs = nowMs;
    const asked = categoriesOf(settings).map((category) => sicknesses(env, category, nowMs));
    // The clock is one for all of them.
    health.why = [...new Set((await Promise.all(asked)).flat())];
  }
  return health.why.length === 0
    ? Response.json({ ok: true })
    : Response.json({ ok: false, why: health.why }, { status: 503 });
}

async function sicknesses(env: Env, category: string, nowMs: number): Promise<string[]> {
  try {
    const { refreshRefusedSince, clockAheadMs } = await queueOf(env, category).health();
    const isRefused = refreshRefusedSince !== null && nowMs - refreshRefusedSince >= REFUSED_TOO_LONG_MS;
    return [
      ...(isRefused
        ? [`${category}: UCloud refuses the refresh token since ${new Date(refreshRefusedSince).toISOString()}`]
        : []),
      ...(Math.abs(clockAheadMs) > CLOCK_TOO_WRONG_MS ? [clockSentence(clockAheadMs)] : []),
    ];
  } catch {
    return [`${category}: the queue does not answer`];
  }
}

function clockSentence(aheadMs: number): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  return `UCloud's clock is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} the gateway's`;
}
