/** `POST jobs/verify`, of the older UCloud: it shows jobs that it has open, so that what has ended here can be told again. */
import { knownCategories } from "../admin/categories.ts";
import type { Env, Settings } from "../env.ts";
import { readJson } from "../http/body.ts";
import type { OpenJob } from "../queue/api.ts";
import { queueOf } from "../queue/stub.ts";
import { itemsOf, refusedItem } from "./create.ts";
import { parseTermination } from "./schema.ts";

/** Jobs of other categories are passed over: UCloud only logs what is answered. */
export async function verifyJobs(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  const ours = new Set(await knownCategories({ env, settings }));
  const items = itemsOf(await readJson(request)).map((item, index) => {
    const parsed = parseTermination(item);
    if (parsed.kind === "refused") {
      throw refusedItem(index, parsed);
    }
    return { ...parsed.termination, state: parsed.state };
  });
  const open = items.filter(({ category, isOver }) => ours.has(category) && !isOver);
  for (const [category, shown] of Map.groupBy(open, (item) => item.category)) {
    const jobs = shown.map(({ id, createdAt, owner, productId, state }): OpenJob => {
      return { id, createdAt, owner, product: { id: productId, category }, state };
    });
    await queueOf(env, category).verify(jobs);
  }
  return Response.json({});
}
