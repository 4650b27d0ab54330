/** The site's rules that travel with a job from its create on. */
import { expect, test } from "vitest";
import { siteRulesFor } from "../../../../worker/ucloud/site-rules.ts";
import { aProduct } from "./products.ts";

const ASKED = { productId: "example-compute-1", category: "example-compute" };

test("durations are milliseconds, and what is charged are cores", () => {
  const product = aProduct({ cpu: 2.5, maxQueue: 60, fundsGrace: 120 });

  expect(siteRulesFor(ASKED, [product])).toEqual({ maxQueueMs: 60_000, fundsGraceMs: 120_000, units: 2.5 });
});

test("GPUs are charged where every product of the category has one, else cores", () => {
  const gpu = aProduct({ cpu: 8, gpu: 2 });

  expect(siteRulesFor(ASKED, [gpu, aProduct({ name: "other", gpu: 1 })])?.units).toBe(2);
  expect(siteRulesFor(ASKED, [gpu, aProduct({ name: "other" })])?.units).toBe(8);
});

test("a machine type that is not offered has no rules", () => {
  expect(siteRulesFor({ ...ASKED, productId: "gone" }, [aProduct()])).toBeUndefined();
});
