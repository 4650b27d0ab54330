/** UCloud's clock, by the Date of its answers: whole seconds, and a way that takes time. */
import { expect, test } from "vitest";
import { clockAheadMs } from "../../../../worker/ucloud/core-fetch.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
const date = (ms: number) => new Date(NOW_MS + ms).toUTCString();

test.each([
  ["the same", date(0), 0],
  ["the second that is not over", date(-1_000), 0],
  ["within a slow answer", date(4_000), 0],
  ["ahead of the answer", date(75_000), 70_000],
  ["behind the question", date(-76_000), -75_000],
  ["not said", null, null],
  ["no date", "soon", null],
])("%s", (_, said, aheadMs) => {
  expect(clockAheadMs(said, { sentMs: NOW_MS, receivedMs: NOW_MS + 5_000 })).toBe(aheadMs);
});
