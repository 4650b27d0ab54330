/** The machine types of the recorded requests' provider. */
import { type Product, productSchema } from "../../../../shared/product.ts";

export function aProduct(changes: Record<string, unknown> = {}): Product {
  return productSchema.parse({
    name: "example-compute-1",
    category: "example-compute",
    cpu: 1,
    memoryInGigs: 2,
    price: 1,
    ...changes,
  });
}
