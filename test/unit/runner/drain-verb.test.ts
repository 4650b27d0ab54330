/** The moments that an operator gives to `drain`. */
import { expect, test } from "vitest";
import { plannedBy } from "../../../runner/commands/drain.ts";
import { UsageError } from "../../../runner/usage-error.ts";

const NOW = Date.UTC(2027, 2, 1);
const before = "2027-03-04T06:00Z";

test("a moment with its zone, and one in the machine's own time", () => {
  const fromMs = Date.UTC(2027, 2, 4, 6);
  expect(plannedBy({}, NOW)).toBeNull();
  expect(plannedBy({ before }, NOW)).toMatchObject({ fromMs, untilMs: null });
  expect(plannedBy({ before, until: "2027-03-04T18:00:00+02:00" }, NOW)).toMatchObject({
    ...{ fromMs, untilMs: Date.UTC(2027, 2, 4, 16) },
  });
  expect(plannedBy({ before: "2027-03-04T06:00" }, NOW)?.fromMs).toBe(new Date(2027, 2, 4, 6).getTime());
});

test.each([
  ["before", { before: "thursday" }],
  ["before", { before: "2027-03-04" }],
  ["before", { before: "2027-02-28T23:59Z" }],
  ["until", { until: before }],
  ["until", { before, until: before }],
])("%s is named: %j", (name, flags) => {
  const read = () => plannedBy(flags, NOW);
  expect(read).toThrow(UsageError);
  expect(read).toThrow(new RegExp(`^${name}: `));
});
