/** `GET /healthz`: green unless a queue cannot talk to UCloud for so long that it refuses jobs. */
import type { Env, Settings } from "../env.ts";
import { health } from "../isolate.ts";
import { queueOf } from "../queue/stub.ts";
import { categoriesOf } from "./categories.ts";

/** Anybody may ask, so the queues are asked this often at most. */
const KEEP_MS = 10_000;
const REFUSED_TOO_LONG_MS = 600_000;

export async function showHealth(
  { env, settings }: { env: Env; settings: Settings },
  nowMs: number,
): Promise<Response> {
  if (nowMs - health.atMs >= KEEP_MS) {
    health.atMs = nowMs;
    const asked = categoriesOf(settings).map((category) => sickness(env, category, nowMs));
    health.why = (await Promise.all(asked)).filter((why) => why !== null);
  }
  return health.why.length === 0
    ? Response.json({ ok: true })
    : Response.json({ ok: false, why: health.why }, { status: 503 });
}

async function sickness(env: Env, category: string, nowMs: number): Promise<string | null> {
  try {
    const { refreshRefusedSince } = await queueOf(env, category).health();
    return refreshRefusedSince !== null && nowMs - refreshRefusedSince >= REFUSED_TOO_LONG_MS
      ? `${category}: UCloud refuses the refresh token since ${new Date(refreshRefusedSince).toISOString()}`
      : null;
  } catch {
    return `${category}: the queue does not answer`;
  }
}
