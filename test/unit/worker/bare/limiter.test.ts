/** The rate limit of our own counts as the platform's does. */
import { expect, test } from "vitest";
import { createLimiter } from "../../../../worker/bare/limiter.ts";

const LIMIT = { limit: 2, period: 60 };

test("so many calls of a key in its window, and again in the next", async () => {
  let nowMs = 0;
  const limiter = createLimiter(LIMIT, () => nowMs);
  const ask = async (key = "a"): Promise<boolean> => (await limiter.limit({ key })).success;
  expect([await ask(), await ask(), await ask(), await ask("b")]).toEqual([true, true, false, true]);
  nowMs = 59_999;
  expect(await ask()).toBe(false);
  nowMs = 60_000;
  expect(await ask()).toBe(true);
});

test("it remembers so many keys and no more", async () => {
  const limiter = createLimiter({ limit: 1, period: 60 }, () => 0, 2);
  const answers: boolean[] = [];
  for (const key of ["a", "b", "b", "c", "a"]) {
    answers.push((await limiter.limit({ key })).success);
  }
  expect(answers).toEqual([true, true, false, true, true]);
});
