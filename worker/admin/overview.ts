/** `GET /admin/overview`: like the metrics it asks the Registry alone and wakes no queue, so a page may ask for it often. */
import { registryOf } from "../queue/stub.ts";
import type { AdminOverview } from "./answers.ts";
import type { AdminCall } from "./call.ts";
import { categoriesOf } from "./categories.ts";

export async function showOverview({ env, settings, by }: AdminCall, nowMs: number): Promise<Response> {
  const registry = registryOf(env);
  const [{ queues, openWords }, runners] = await Promise.all([registry.overview(), registry.runners()]);
  return Response.json({
    atMs: nowMs,
    ...by,
    providerId: settings.providerId,
    offered: categoriesOf(settings),
    queues,
    runners,
    openWords,
  } satisfies AdminOverview);
}
