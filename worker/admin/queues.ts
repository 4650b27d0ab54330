/** `GET /admin/queues`, a queue's verbs, and `GET /admin/undelivered`. */
import { GatewayError } from "../http/errors.ts";
import { queueStatuses } from "../isolate.ts";
import type { QueueSummary } from "../queue/api.ts";
import type { JobQueue } from "../queue/object.ts";
import { queueOf } from "../queue/stub.ts";
import type { AdminCall } from "./call.ts";
import { categoriesOf, isKnownCategory, knownCategories } from "./categories.ts";
import { readReasonIfAny } from "./reason.ts";

const MAX_UNDELIVERED = 1_000;

export async function listQueues({ env, settings }: AdminCall): Promise<Response> {
  const offered = categoriesOf(settings);
  const known = await knownCategories({ env, settings });
  const summaries = await Promise.all(known.map((category) => queueOf(env, category).summary()));
  return Response.json({
    items: summaries.map((summary) => ({ ...summary, closing: !offered.includes(summary.name) })),
  });
}

export async function listUndelivered({ env, settings }: AdminCall): Promise<Response> {
  const known = await knownCategories({ env, settings });
  const lists = await Promise.all(known.map((category) => queueOf(env, category).undelivered(MAX_UNDELIVERED)));
  return Response.json({ items: lists.flat() });
}

/** Nothing new is offered until `resume`; creates are taken and wait, and what runs goes on. */
export async function pauseQueue(request: Request, call: AdminCall): Promise<Response> {
  const reason = await readReasonIfAny(request, call);
  const queue = await knownQueue(call);
  return changed(await queue.pause({ reason, by: call.by.name }));
}

export async function resumeQueue(request: Request, call: AdminCall): Promise<Response> {
  await readReasonIfAny(request, call);
  return changed(await (await knownQueue(call)).pause(null));
}

/** UCloud sees it at its next poll, where this isolate answers that. */
function changed(summary: QueueSummary): Response {
  queueStatuses.set(summary.name, { status: summary.queueStatus, atMs: Date.now() });
  return Response.json(summary);
}

/** Somebody has put it back to an earlier moment by other means than ours. */
export async function markRestored(request: Request, call: AdminCall): Promise<Response> {
  const reason = await readReasonIfAny(request, call);
  return Response.json(await (await knownQueue(call)).restored({ reason, by: call.by.name }));
}

/** Compares with UCloud at once, and lets go on what was held. */
export async function reconcileQueue(call: AdminCall): Promise<Response> {
  return Response.json(await (await knownQueue(call)).reconcile());
}

/** Objects exist for our own categories only, whatever somebody names. */
async function knownQueue({ env, settings, said }: AdminCall): Promise<DurableObjectStub<JobQueue>> {
  if (!(await isKnownCategory(said.object, { env, settings }))) {
    throw new GatewayError("not_found", "There is no such queue.");
  }
  return queueOf(env, said.object);
}
