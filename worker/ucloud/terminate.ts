/** `POST jobs/terminate`: a cancel in every phase, also of jobs that we do not know. */
import { isKnownCategory } from "../admin/categories.ts";
import { readJson } from "../http/body.ts";
import { nameJobs } from "../http/call-event.ts";
import { queueOf } from "../queue/stub.ts";
import type { Call } from "../router.ts";
import { itemsOf, refusedItem } from "./create.ts";
import { parseTermination, type Termination } from "./schema.ts";

export async function terminateJobs(
  request: Request,
  { env, settings, facts }: Pick<Call, "env" | "settings" | "facts">,
): Promise<Response> {
  const items: Termination[] = [];
  for (const [index, item] of itemsOf(await readJson(request)).entries()) {
    const parsed = parseTermination(item);
    if (parsed.kind === "refused") {
      throw refusedItem(index, parsed);
    }
    // Objects exist for our own categories only, whatever somebody names.
    if (!(await isKnownCategory(parsed.termination.category, { env, settings }))) {
      throw refusedItem(index, {
        kind: "refused",
        field: "specification.product.category",
        why: "This provider does not offer this category.",
      });
    }
    items.push(parsed.termination);
  }
  nameJobs(
    facts,
    items.map(({ id }) => id),
  );
  for (const [category, asked] of Map.groupBy(items, (item) => item.category)) {
    await queueOf(env, category).terminate(asked.map(({ category: _, ...termination }) => termination));
  }
  return Response.json({ responses: items.map(() => ({})) });
}
