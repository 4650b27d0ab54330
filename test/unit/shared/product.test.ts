/** What an operator may offer. */
import { expect, test } from "vitest";
import { productsSchema } from "../../../shared/product.ts";

const PRODUCT = { name: "small", category: "compute", cpu: 1, memoryInGigs: 2, price: 1 };

function issueOf(products: unknown) {
  const issue = productsSchema.safeParse(products).error?.issues[0];
  return {
    path: issue?.path.join("."),
    message: issue?.message,
    keys: issue && "keys" in issue ? issue.keys : undefined,
  };
}

test("a product without wishes has the documented defaults", () => {
  expect(productsSchema.parse([PRODUCT])).toEqual([
    {
      ...{
        ...PRODUCT,
        gpu: 0,
        exclusive: false,
        description: "",
        network: "none",
        output: "edge",
        defaultTime: 86_400,
      },
      ...{ maxTime: 2_592_000, stopGrace: 30, maxQueue: 1_209_600, maxSuspend: 86_400, fundsGrace: 3_600 },
    },
  ]);
});

test("a fraction of a core, a free product and several categories are in order", () => {
  const products = [
    { ...PRODUCT, cpu: 0.5, price: 0 },
    { ...PRODUCT, category: "other" },
    { ...PRODUCT, name: "large", gpu: 2, gpuKind: "t4", maxSilence: null, diskInGigs: null },
  ];
  expect(productsSchema.parse(products)).toHaveLength(3);
  expect(productsSchema.parse([])).toEqual([]);
});

test.each([
  ["0.name", { name: "" }],
  ["0.name", { name: "a/b" }],
  ["0.name", { name: "-a" }],
  ["0.name", { name: "x".repeat(65) }],
  ["0.category", { category: "a b" }],
  ["0.cpu", { cpu: 0 }],
  ["0.cpu", { cpu: -1 }],
  ["0.cpu", { cpu: "4" }],
  ["0.memoryInGigs", { memoryInGigs: 0 }],
  ["0.gpu", { gpu: 0.5 }],
  ["0.gpu", { gpu: -1 }],
  ["0.price", { price: 1.5 }],
  ["0.price", { price: -1 }],
  ["0.price", { price: undefined }],
  ["0.network", { network: "everything" }],
  ["0.output", { output: "nowhere" }],
  ["0.defaultTime", { defaultTime: 0 }],
  ["0.defaultTime", { defaultTime: 7_200, maxTime: 3_600 }],
  ["0.defaultTime", { maxTime: 3_600 }],
  ["0.stopGrace", { stopGrace: 601 }],
  ["0.stopGrace", { stopGrace: 0 }],
  ["0.maxSilence", { maxSilence: 0 }],
])("%s is named when it is %j", (path, change) => {
  expect(issueOf([{ ...PRODUCT, ...change }]).path).toBe(path);
});

test("the second of two with the same category and name is named, the same name elsewhere is not", () => {
  const issue = issueOf([PRODUCT, { ...PRODUCT, category: "other" }, { ...PRODUCT, price: 2 }]);
  expect(issue).toMatchObject({ path: "2.name", message: "compute/small is listed twice" });
});

test("a key that is not known is refused by its name", () => {
  expect(issueOf([{ ...PRODUCT, memory: 4 }]).keys).toEqual(["memory"]);
});

test.each([[null], ["[]"], [{}], [[null]]])("%j is no list of products", (value) => {
  expect(productsSchema.safeParse(value).success).toBe(false);
});
