/**
 * `GET /admin/metrics`. It asks the Registry, to which the queues have said how they stand; no queue is woken.
 */
import type { Env, Settings } from "../env.ts";
import { coreClock, corePoll } from "../isolate.ts";
import { registryOf } from "../queue/stub.ts";
import { categoriesOf } from "./categories.ts";
import { metricsText } from "./metrics-text.ts";

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export async function showMetrics(
  { env, settings }: { env: Env; settings: Settings },
  nowMs: number,
): Promise<Response> {
  const overview = await registryOf(env).overview();
  const core = { polledAtMs: corePoll.atMs, clockAheadMs: coreClock.aheadMs };
  const whole = { overview, ...core, nowMs, categories: categoriesOf(settings) };
  return new Response(metricsText(whole), { headers: { "Content-Type": CONTENT_TYPE } });
}
