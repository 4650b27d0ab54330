import { expect, test } from "vitest";
import { parseDuration } from "../../../runner/duration.ts";
import { settingsSchema } from "../../../runner/settings.ts";

test.each([
  ["14d", 1_209_600_000],
  ["36h", 129_600_000],
  ["90 m", 5_400_000],
  ["1.5d", 129_600_000],
  ["0", 0],
  ["0d", 0],
])("%s is %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(["", "14", "d", "-1d", "1w", "1e3d", "1 d d", "9999999d"])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each<[unknown, number]>([
  [undefined, 1_209_600_000],
  ["0", 0],
  [0, 0],
  ["2d", 172_800_000],
])("work-keep %j is %d ms", (given, ms) => {
  expect(settingsSchema.parse({ "work-keep": given })["work-keep"]).toBe(ms);
});

test.each([14, "14", "soon"])("work-keep %j is refused", (given) => {
  expect(settingsSchema.safeParse({ "work-keep": given }).error?.issues[0]?.path).toEqual(["work-keep"]);
});
