/**
 * `POST /admin/restore`: all objects to one moment. While the queues go back no runner is let in, so that none is offered
 * anything before its queue is paused; the Registry goes last, and forgets that it kept them out.
 */

import { GatewayError } from "../http/errors.ts";
import type { QueueSummary } from "../queue/api.ts";
import { queueOf, registryOf } from "../queue/stub.ts";
import type { AdminCall } from "./call.ts";
import { knownCategories } from "./categories.ts";
import { readRestore } from "./reason.ts";

/** How long the platform keeps them. */
const KEPT_MS = 30 * 86_400_000;

type Object = { copyOf(atMs: number): Promise<string>; goBack(copy: string): Promise<void> };

export async function restoreAll(request: Request, call: AdminCall): Promise<Response> {
  const { reason, to } = await readRestore(request, call);
  const nowMs = Date.now();
  if (to >= nowMs || to < nowMs - KEPT_MS) {
    throw new GatewayError("bad_request", "to: This must be a moment of the last 30 days.");
  }
  const { env, by } = call;
  const categories = await knownCategories(call);
  const registry = registryOf(env);
  const copies = await Promise.all([registry, ...categories.map((name) => queueOf(env, name))].map(copyAt(to)));
  await registry.keepOut(true);
  const queues: QueueSummary[] = [];
  for (const [index, name] of categories.entries()) {
    await goBack(queueOf(env, name), copies[index + 1] ?? "");
    queues.push(await queueOf(env, name).restored({ reason, by: by.name }));
  }
  await goBack(registry, copies[0] ?? "");
  // Its copy may be of a moment in which it kept them out.
  await registryOf(env).keepOut(false);
  return Response.json({ items: queues });
}

function copyAt(toMs: number) {
  return async (object: Object): Promise<string> => {
    try {
      return await object.copyOf(toMs);
    } catch {
      throw new GatewayError("conflict", "The platform has no copy of this moment: put back one of yours.");
    }
  };
}

/** That call breaks because the object does what it is asked to. */
async function goBack(object: Object, copy: string): Promise<void> {
  await object.goBack(copy).catch(() => {});
}
