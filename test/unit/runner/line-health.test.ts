/** What a connection concludes from its tries. */
import { expect, test } from "vitest";
import { judgeRefusal } from "../../../runner/dialling.ts";
import { LineHealth } from "../../../runner/line-health.ts";

const DAY_MS = 86_400_000;
const NOW = { nowMs: 1_700_000_000_000, uptimeMs: 5_000 };
const FORBIDDEN = { status: 403, date: undefined };

test.each([
  ["no time", undefined, null],
  ["the gateway's time", "Tue, 14 Nov 2023 22:13:30 GMT", 10_000],
  ["nonsense", "yesterday", null],
])("401 with %s", (_, date, offsetMs) => {
  expect(judgeRefusal({ status: 401, date }, NOW.nowMs)).toMatchObject({
    ending: { is: "wrong-time" },
    offsetMs,
    isForbidden: false,
  });
});

test.each([403, 404, 426, 500, 302])("status %d says nothing about the time", (status) => {
  const refusal = judgeRefusal({ status, date: "Tue, 14 Nov 2023 22:13:30 GMT" }, NOW.nowMs);
  expect(refusal).toMatchObject({ offsetMs: null, isForbidden: status === 403 });
  expect(refusal.trouble).toMatch(status === 403 ? /removed/ : new RegExp(String(status)));
});

test.each([
  ["120", 120_000],
  [undefined, 60_000],
  ["Tue, 14 Nov 2023 22:13:30 GMT", 60_000],
  ["-5", 60_000],
  ["1e9", 60_000],
])("429 with Retry-After %s is waited out", (retryAfter, retryAfterMs) => {
  const refusal = judgeRefusal({ status: 429, date: undefined, retryAfter }, NOW.nowMs);
  expect(refusal).toMatchObject({ ending: { is: "throttled", retryAfterMs }, isForbidden: false, offsetMs: null });
});

test("a time that was learnt once stays until a newer one is told", () => {
  const health = new LineHealth();
  health.refused({ status: 401, date: "Tue, 14 Nov 2023 22:13:30 GMT" }, NOW);
  health.refused({ status: 401, date: undefined }, NOW);
  expect(health.offsetMs).toBe(10_000);
  health.welcomed(-250);
  expect(health.offsetMs).toBe(-250);
});

test("403 means revoked only after 24 h by the monotonic clock", () => {
  const health = new LineHealth();
  health.refused(FORBIDDEN, NOW);
  const later = (ms: number) => health.refused(FORBIDDEN, { nowMs: NOW.nowMs, uptimeMs: NOW.uptimeMs + ms }).isRevoked;
  expect([later(DAY_MS - 1), later(DAY_MS)]).toEqual([false, true]);
  const jumped = new LineHealth();
  jumped.refused(FORBIDDEN, NOW);
  expect(jumped.refused(FORBIDDEN, { nowMs: NOW.nowMs + 10 * DAY_MS, uptimeMs: NOW.uptimeMs }).isRevoked).toBe(false);
});

test("the 24 hours are counted anew after a welcome, not after a try that only failed", () => {
  const health = new LineHealth();
  const refusedAfter = (ms: number) => health.refused(FORBIDDEN, { ...NOW, uptimeMs: NOW.uptimeMs + ms }).isRevoked;
  refusedAfter(0);
  health.welcomed(0);
  expect([refusedAfter(DAY_MS), refusedAfter(DAY_MS + 1)]).toEqual([false, false]);
  health.ended({ is: "failed" }, false, 0);
  expect(refusedAfter(2 * DAY_MS)).toBe(true);
});

test("another machine with this key is certain the third time in a row", () => {
  const health = new LineHealth();
  const certain = () => health.usedElsewhere(1_000).isCertain;
  expect([certain(), certain()]).toEqual([false, false]);
  health.welcomed(0);
  expect([certain(), certain(), certain()]).toEqual([false, false, true]);
  expect(health.trouble).toMatch(/another machine/);
});
