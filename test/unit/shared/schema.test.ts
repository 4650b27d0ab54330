/** What schemas are made of, and the words for what does not fit. */
import { expect, test } from "vitest";
import type * as z from "zod/mini";
import { invalid, mapped, matching, textUpTo, whole } from "../../../shared/schema.ts";
import { timesSchema } from "../../../shared/times.ts";

const even = mapped(whole(0, 10), (number, context) => (number % 2 === 0 ? number / 2 : invalid(context, "is odd")));

const wordsFor = (schema: z.ZodMiniType, given: unknown) =>
  schema.safeParse(given).error?.issues.map(({ message }) => message);

test.each([
  [whole(1), 0, "Too small: expected number to be >=1"],
  [whole(1, 2), 3, "Too big: expected number to be <=2"],
  [whole(1), "1", "Invalid input: expected number, received string"],
  [textUpTo(2), "abc", "Too big: expected string to have <=2 characters"],
  [matching(/^a$/), "b", "Invalid string: must match pattern /^a$/"],
  [matching(/^a$/, "is no a"), "b", "is no a"],
  [even, 3, "is odd"],
  [timesSchema, { some: 1 }, 'Unrecognized key: "some"'],
])("what does not fit is told in one English sentence (%#)", (schema, given, words) => {
  expect(wordsFor(schema, given)).toEqual([words]);
});

test("what fits is what it was mapped to", () => {
  expect(even.parse(4)).toBe(2);
});
