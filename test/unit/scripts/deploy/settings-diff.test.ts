/** What an operator reads before a deploy. */
import { expect, test } from "vitest";
import { changes, type Deployed } from "../../../../scripts/deploy/settings-diff.ts";
import { varsSchema } from "../../../../worker/vars.ts";

const aProduct = (name: string, more = {}) => ({ name, category: "c", cpu: 1, memoryInGigs: 2, price: 3, ...more });

const aDeploy = (vars = {}, name = "edge"): Deployed => ({
  name,
  vars: varsSchema.parse({
    PROVIDER_ID: "example",
    UCLOUD_URL: "https://ucloud.example",
    PRODUCTS: [aProduct("small"), aProduct("large", { cpu: 8 })],
    ...vars,
  }),
});

test.each<[string, Deployed, string[]]>([
  ["the same again", aDeploy(), []],
  [
    "the same in another order, with a default written out",
    aDeploy({ PRODUCTS: [aProduct("large", { cpu: 8, gpu: 0, network: "none" }), aProduct("small")] }),
    [],
  ],
  [
    "a product more and one less",
    aDeploy({ PRODUCTS: [aProduct("small"), aProduct("new", { gpu: 1 })] }),
    ["+ product c/new: 1 cpu, 2 GiB, 1 GPU, price 3", "- product c/large"],
  ],
  [
    "a price and a limit",
    aDeploy({ PRODUCTS: [aProduct("small", { price: 4, diskInGigs: 10 }), aProduct("large", { cpu: 8 })] }),
    ["~ product c/small: price 3 → 4", "~ product c/small: diskInGigs (none) → 10"],
  ],
  [
    "a category that goes",
    aDeploy({ PRODUCTS: [aProduct("small", { category: "d" })] }),
    [
      "+ product d/small: 1 cpu, 2 GiB, 0 GPU, price 3",
      "- product c/small",
      "- product c/large",
      "! category c closes: no new jobs, its runners finish what they have",
    ],
  ],
  ["a duration", aDeploy({ TIMES: { usageMs: 1000 } }), ["~ TIMES.usageMs 600000 → 1000"]],
  [
    "the jurisdiction",
    aDeploy({ DATA_JURISDICTION: "eu" }),
    [
      "~ DATA_JURISDICTION (none) → eu",
      "! DATA_JURISDICTION cannot change once a job was accepted: the gateway would answer 503",
    ],
  ],
  ["another Worker", aDeploy({}, "other"), ["~ name edge → other"]],
])("%s", (_name, after, lines) => {
  expect(changes(aDeploy(), after)).toEqual(lines);
});
