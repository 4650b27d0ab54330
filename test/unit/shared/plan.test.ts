/** Sums of resources, and what a plan may be. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { addResources, fits, NO_RESOURCES, planSchema, subtractResources } from "../../../shared/plan.ts";
import { aPlan } from "../../support/engine.ts";

const size = (cpu: number, memoryBytes = 0, gpu = 0) => ({ cpu, memoryBytes, gpu });

test.each([
  [size(1), size(1), true],
  [size(1.01), size(1), false],
  [size(0.1 + 0.2), size(0.3), true],
  [size(0, 101), size(0, 100), false],
  [size(0, 0, 1), size(0, 0, 0), false],
  [NO_RESOURCES, NO_RESOURCES, true],
])("%j fits into %j: %s", (need, free, isSo) => {
  expect(fits(need, free)).toBe(isSo);
});

test("what was added and taken away again is what was there", () => {
  const resources = fc.record({ cpu: fc.integer({ min: 0, max: 4096 }), memoryBytes: fc.nat(), gpu: fc.nat(64) });
  fc.assert(
    fc.property(resources, resources, (a, b) => {
      expect(subtractResources(addResources(a, b), b)).toEqual(a);
      expect(addResources(a, NO_RESOURCES)).toEqual(a);
    }),
  );
});

test.each([
  ["image", ""],
  ["argv", []],
  ["argv", [1]],
  ["environment", { A: 1 }],
  ["wallMs", 0],
  ["stopGraceMs", 0.5],
  ["maxSilenceMs", 0],
  ["network", "all"],
  ["resources", size(-1)],
])("a plan whose %s is %j is none", (field, value) => {
  expect(planSchema.safeParse({ ...aPlan(), [field]: value }).error?.issues[0]?.path[0]).toBe(field);
  expect(planSchema.safeParse(aPlan()).success).toBe(true);
});
