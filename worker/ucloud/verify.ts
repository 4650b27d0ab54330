/** `POST jobs/verify`, of the older UCloud: it shows jobs that it has open, so that what has ended here can be told again. */
import { knownCategories } from "../admin/categories.ts";
import type { Env, Settings } from "../env.ts";
import { readJson } from "../http/body.ts";
import { queueOf } from "../queue/stub.ts";
import { itemsOf, refusedItem } from "./create.ts";
import { parseShown } from "./schema.ts";

/** Jobs of other categories are passed over: UCloud only logs what is answered. */
export async function verifyJobs(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  const ours = new Set(await knownCategories({ env, settings }));
  const shown = itemsOf(await readJson(request)).map((item, index) => {
    const parsed = parseShown(item);
    if (parsed.kind === "refused") {
      throw refusedItem(index, parsed);
    }
    return parsed.job;
  });
  for (const [category, jobs] of Map.groupBy(shown, ({ product }) => product.category)) {
    if (ours.has(category)) {
      await queueOf(env, category).verify(jobs);
    }
  }
  return Response.json({});
}
