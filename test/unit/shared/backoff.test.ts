/** Waits that grow, with and without jitter. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { doubling, fullJitter } from "../../../shared/backoff.ts";

const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const tries = fc.integer({ min: 0, max: 1_000_000 });
const ms = fc.integer({ min: 1, max: 10 ** 9 });

test("full jitter is a whole number of milliseconds below the bound, which never grows past the maximum", () => {
  fc.assert(
    fc.property(tries, ms, ms, random, (count, baseMs, maxMs, chance) => {
      const waitMs = fullJitter(count, baseMs, maxMs, chance);
      return Number.isInteger(waitMs) && waitMs >= 0 && waitMs < doubling(count, baseMs, maxMs);
    }),
  );
});

test("it uses the whole span: nearly nothing and nearly everything", () => {
  expect(fullJitter(3, 100, 60_000, 0)).toBe(0);
  expect(fullJitter(3, 100, 60_000, 0.5)).toBe(400);
  expect(fullJitter(3, 100, 60_000, 0.999_999)).toBe(799);
});

test("the bound doubles with each try up to the maximum", () => {
  expect([0, 1, 2, 3, 4, 100, 10 ** 6].map((count) => doubling(count, 100, 1_000))).toEqual([
    100, 200, 400, 800, 1_000, 1_000, 1_000,
  ]);
});
