/** The machine types that providers have registered. UCloud itself takes whatever comes, and does not start again after some of it. */
import * as z from "zod";
import type { Exchange } from "./simulated-ucloud.ts";

const productSchema = z.looseObject({
  name: z.string(),
  type: z.string().optional(),
  productType: z.string().optional(),
  category: z.looseObject({ name: z.string(), provider: z.string() }),
  fraction: z.object({ numerator: z.int().min(1), denominator: z.int().min(1) }).optional(),
});
export type RegisteredProduct = z.infer<typeof productSchema>;

export class Catalogue {
  readonly #products = new Map<string, RegisteredProduct>();
  readonly #rules: { providerId: string; violations: string[] };

  constructor(rules: { providerId: string; violations: string[] }) {
    this.#rules = rules;
  }

  get products(): RegisteredProduct[] {
    return [...this.#products.values()];
  }

  answer(path: string, body: unknown): Exchange | null {
    return path === "/api/products/v2" ? this.#register(body) : null;
  }

  #register(body: unknown): Exchange {
    const parsed = z.object({ items: z.array(productSchema).min(1) }).safeParse(body);
    if (!parsed.success) {
      this.#rules.violations.push("products that it cannot read");
      return { status: 400, body: { why: "Invalid request supplied" } };
    }
    const { items } = parsed.data;
    if (items.some(({ category }) => category.provider !== this.#rules.providerId)) {
      return { status: 403, body: { why: "Forbidden" } };
    }
    for (const product of items) {
      this.#judge(product);
      this.#products.set(`${product.category.name} ${product.name}`, product);
    }
    return { status: 200, body: {} };
  }

  #judge({ name, type, productType, fraction }: RegisteredProduct): void {
    if (productType !== "COMPUTE") {
      this.#rules.violations.push(`${name}: without productType it does not start again`);
    }
    if (type !== "compute" || fraction === undefined) {
      this.#rules.violations.push(`${name}: not offered, or for a fraction of nothing`);
    }
  }
}
