/** Which queues there are. */
import type { Env, Settings } from "../env.ts";
import { registryOf } from "../queue/stub.ts";

/** The categories on offer; each has a queue of its own. */
export function categoriesOf({ products }: Settings): string[] {
  return [...new Set(products.map(({ category }) => category))];
}

/** With those that left `PRODUCTS`: they are closing, and their runners and jobs come to their end. */
export async function knownCategories({ env, settings }: { env: Env; settings: Settings }): Promise<string[]> {
  return [...new Set([...categoriesOf(settings), ...(await registryOf(env).categories())])];
}

/** The Registry is asked only about what is not on offer. */
export async function isKnownCategory(category: string, deps: { env: Env; settings: Settings }): Promise<boolean> {
  return categoriesOf(deps.settings).includes(category) || (await knownCategories(deps)).includes(category);
}
