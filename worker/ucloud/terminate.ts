/** `POST jobs/terminate`: a cancel in every phase, also of jobs that we do not know. */
import { knownCategories } from "../admin/categories.ts";
import type { Env, Settings } from "../env.ts";
import { readJson } from "../http/body.ts";
import { queueOf } from "../queue/stub.ts";
import { itemsOf, refusedItem } from "./create.ts";
import { parseTermination } from "./schema.ts";

export async function terminateJobs(
  request: Request,
  { env, settings }: { env: Env; settings: Settings },
): Promise<Response> {
  const known = new Set(await knownCategories({ env, settings }));
  const items = itemsOf(await readJson(request)).map((item, index) => {
    const parsed = parseTermination(item);
    if (parsed.kind === "refused") {
      throw refusedItem(index, parsed);
    }
    // Objects exist for our own categories only, whatever somebody names.
    if (!known.has(parsed.termination.category)) {
      throw refusedItem(index, {
        kind: "refused",
        field: "specification.product.category",
        why: "This provider does not offer this category.",
      });
    }
    return parsed.termination;
  });
  for (const [category, asked] of Map.groupBy(items, (item) => item.category)) {
    await queueOf(env, category).terminate(asked.map(({ category: _, ...termination }) => termination));
  }
  return Response.json({ responses: items.map(() => ({})) });
}
