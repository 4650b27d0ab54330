/** A product's description goes to UCloud as it is. */
import { expect, test } from "vitest";
import { productSchema } from "../../../shared/product.ts";

const product = { name: "small", category: "standard", cpu: 1, memoryInGigs: 1, price: 0 };

test.each([
  ["Eight cores", "Eight cores"],
  ["a\0b\nc", "a b c"],
  ["x".repeat(1_000), "x".repeat(1_000)],
])("%j is registered as one clean line", (description, clean) => {
  expect(productSchema.parse({ ...product, description }).description).toBe(clean);
});
