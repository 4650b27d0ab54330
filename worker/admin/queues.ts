/** `GET /admin/queues` and `GET /admin/undelivered`. */
import type { Env, Settings } from "../env.ts";
import { queueOf } from "../queue/stub.ts";
import { categoriesOf } from "./categories.ts";

type Deps = { env: Env; settings: Settings };

const MAX_UNDELIVERED = 1_000;

export async function listQueues({ env, settings }: Deps): Promise<Response> {
  const items = await Promise.all(categoriesOf(settings).map((category) => queueOf(env, category).summary()));
  return Response.json({ items });
}

export async function listUndelivered({ env, settings }: Deps): Promise<Response> {
  const lists = await Promise.all(
    categoriesOf(settings).map((category) => queueOf(env, category).undelivered(MAX_UNDELIVERED)),
  );
  return Response.json({ items: lists.flat() });
}
