/** Which queues there are. */
import type { Settings } from "../env.ts";

/** The categories on offer; each has a queue of its own. */
export function categoriesOf({ products }: Settings): string[] {
  return [...new Set(products.map(({ category }) => category))];
}
