/** When to dial again, for every random number. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Ending, redialAfterMs } from "../../../runner/reconnect.ts";

const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const tries = fc.integer({ min: 0, max: 10_000 });

test.each<[string, Ending, number, number]>([
  ["a lost line: within the gateway's window", { is: "lost", windowMs: 4_000 }, 0, 4_000],
  ["a lost line: never more than a minute", { is: "lost", windowMs: 3_600_000 }, 0, 60_000],
  ["a failure: never more than a minute", { is: "failed" }, 0, 60_000],
  ["a wrong time: never more than a minute", { is: "wrong-time" }, 0, 60_000],
  ["a refusal: between half a minute and a minute", { is: "refused" }, 30_000, 60_000],
  [
    "too many dials: as long as the gateway says, and spread",
    { is: "throttled", retryAfterMs: 60_000 },
    60_000,
    120_000,
  ],
  ["too many dials: at most ten minutes", { is: "throttled", retryAfterMs: 10 ** 9 }, 300_000, 600_000],
  ["too many dials: never at once", { is: "throttled", retryAfterMs: 0 }, 500, 1_000],
  [
    "another instance: as long as the gateway says",
    { is: "other-instance", retryAfterMs: 7_000, count: 1 },
    7_500,
    7_501,
  ],
  ["another instance: at most a minute", { is: "other-instance", retryAfterMs: 10 ** 9, count: 2 }, 60_000, 60_001],
  ["another instance for the third time: 5 min", { is: "other-instance", retryAfterMs: 1, count: 3 }, 300_000, 300_001],
])("%s", (_, ending, least, below) => {
  fc.assert(
    fc.property(tries, random, (count, chance) => {
      const waitMs = redialAfterMs(ending, count, chance);
      return Number.isInteger(waitMs) && waitMs >= least && waitMs < below;
    }),
  );
});

test("failures are spread over a bound that doubles up to a minute", () => {
  const longest = [1, 2, 3, 7, 8, 100].map((count) => redialAfterMs({ is: "failed" }, count, 0.999_999_999));
  expect(longest).toEqual([999, 1_999, 3_999, 59_999, 59_999, 59_999]);
});

test("only the first token with a wrong time is replaced at once", () => {
  expect(redialAfterMs({ is: "wrong-time" }, 1, 0.9)).toBe(0);
  expect(redialAfterMs({ is: "wrong-time" }, 2, 0.9)).toBe(1_800);
});
