/** `GET /admin/queues`, a queue's verbs, and `GET /admin/undelivered`. */
import type { Env, Settings } from "../env.ts";
import { GatewayError } from "../http/errors.ts";
import { queueOf } from "../queue/stub.ts";
import { categoriesOf, isKnownCategory, knownCategories } from "./categories.ts";

type Deps = { env: Env; settings: Settings };

const MAX_UNDELIVERED = 1_000;

export async function listQueues({ env, settings }: Deps): Promise<Response> {
  const offered = categoriesOf(settings);
  const known = await knownCategories({ env, settings });
  const summaries = await Promise.all(known.map((category) => queueOf(env, category).summary()));
  return Response.json({
    items: summaries.map((summary) => ({ ...summary, closing: !offered.includes(summary.name) })),
  });
}

export async function listUndelivered({ env, settings }: Deps): Promise<Response> {
  const known = await knownCategories({ env, settings });
  const lists = await Promise.all(known.map((category) => queueOf(env, category).undelivered(MAX_UNDELIVERED)));
  return Response.json({ items: lists.flat() });
}

/** Compares with UCloud at once, and lets go on what was held. */
export async function reconcileQueue(name: string, { env, settings }: Deps): Promise<Response> {
  // Objects exist for our own categories only, whatever somebody names.
  if (!(await isKnownCategory(name, { env, settings }))) {
    throw new GatewayError("not_found", "There is no such queue.");
  }
  return Response.json(await queueOf(env, name).reconcile());
}
