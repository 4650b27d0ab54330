/** Every wait has an end. */
import { expect, test } from "vitest";
import { within } from "../../../runner/timers.ts";
import { ManualClock } from "../../support/manual-clock.ts";

test("a value in time is the value, one that is late is nobody's", async () => {
  const clock = new ManualClock();
  expect(await within(clock, 100, Promise.resolve(7))).toEqual({ in: "time", value: 7 });
  const late = within(clock, 100, new Promise(() => {}));
  await clock.advance(100);
  expect(await late).toEqual({ in: "late" });
});

test("a failure in time is the caller's, a late one is nobody's", async () => {
  const clock = new ManualClock();
  await expect(within(clock, 100, Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  let fail = (_error: Error) => {};
  const late = within(clock, 100, new Promise((_, reject) => (fail = reject)));
  await clock.advance(100);
  expect(await late).toEqual({ in: "late" });
  fail(new Error("too late"));
  await clock.advance(1);
});
