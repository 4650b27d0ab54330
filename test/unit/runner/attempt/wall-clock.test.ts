/** Podman tells a start by a clock that somebody may set; on the machine's own it lies between the call and now. */
import { expect, test } from "vitest";
import { startedMoment } from "../../../../runner/attempt/wall-clock.ts";

const DAY_MS = 86_400_000;
const STARTED_AT = 1_700_000_000_000;
const CALL = { bootId: "boot-1", uptimeMs: 10_000, nowMs: STARTED_AT - 500 };
const LOOK_UPTIME_MS = 13_000;

test.each([
  ["stands as it did", 2_500, 10_500],
  ["was set back since", 2_500 - DAY_MS, LOOK_UPTIME_MS],
  ["was set forward since", 2_500 + DAY_MS, CALL.uptimeMs],
])("a start by a clock that %s", (_what, agoMs, uptimeMs) => {
  const now = { bootId: "boot-1", uptimeMs: LOOK_UPTIME_MS, nowMs: STARTED_AT + agoMs };
  expect(startedMoment(STARTED_AT, CALL, now)).toEqual({ bootId: "boot-1", uptimeMs, nowMs: STARTED_AT });
});
