/** The alerts that operators are given speak of metrics that there are, with the labels and words that they have. */
import { readFileSync } from "node:fs";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { measuredEngine } from "../../runner/meters.ts";
import { serveMetrics } from "../../runner/metrics.ts";
import { metricsText } from "../../worker/admin/metrics-text.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { ManualClock } from "../support/manual-clock.ts";

const TEXT = readFileSync(new URL("../../docs/alerts.yml", import.meta.url), "utf8");
const RULES = TEXT.split(/^ {6}- alert: /m).slice(1);

type Rule = { name: string; expr: string; severity: string; summary: string };

function read(rule: string): Rule {
  const field = (pattern: RegExp) => pattern.exec(rule)?.[1] ?? "";
  return {
    name: field(/^(\w+)$/m),
    expr: field(/^ {8}expr: (.+)$/m),
    severity: field(/^ {8}labels: \{ severity: (\w+) \}$/m),
    summary: field(/^ {10}summary: (.+)$/m),
  };
}

function notAsked(): never {
  throw new Error("nobody scrapes");
}

async function exported(): Promise<Set<string>> {
  const overview = { queues: [], runners: 0, openWords: 0 };
  const gateway = metricsText({ overview, polledAtMs: 0, clockAheadMs: 0, nowMs: 0, categories: [] });
  const registry = new Registry();
  measuredEngine(new FakeEngine(new ManualClock()), registry);
  serveMetrics(0, { registry, status: notAsked, failed: () => {} }).close();
  const runner = registry.getMetricsAsArray().map(({ name }) => name);
  return new Set([...[...gateway.matchAll(/^# HELP (\S+)/gm)].map(([, name = ""]) => name), ...runner]);
}

test("each alert has an expression, a severity and a sentence", () => {
  expect(RULES.length).toBeGreaterThanOrEqual(8);
  for (const rule of RULES.map(read)) {
    expect(rule.name).toMatch(/^Ucloud\w+$/);
    expect(rule.expr).not.toBe("");
    expect(["warning", "critical"]).toContain(rule.severity);
    expect(rule.summary).toMatch(/^[A-Z].*[^:]\.$/);
    const depth = [...rule.expr].reduce(
      (sum, sign) => sum + ("([{".includes(sign) ? 1 : ")]}".includes(sign) ? -1 : 0),
      0,
    );
    expect(depth).toBe(0);
  }
  expect(new Set(RULES.map((rule) => read(rule).name)).size).toBe(RULES.length);
});

test("each metric that an alert names is one that is exported", async () => {
  const known = await exported();
  expect(known.size).toBeGreaterThan(25);
  for (const { name, expr } of RULES.map(read)) {
    const named = expr.match(/\b(ucloud_\w+|process_\w+)\b/g) ?? [];
    expect(named.length, name).toBeGreaterThan(0);
    expect(
      named.filter((metric) => !known.has(metric)),
      name,
    ).toEqual([]);
  }
});

describe("what must be watched is watched", () => {
  test.each([
    ["UCloud that does not poll for 60 s", /core_last_poll_timestamp_seconds.* > 60$/],
    ["clocks that differ by more than 60 s", /abs\(ucloud_gateway_core_clock_ahead_seconds\)\) > 60$/],
    ["a refused refresh token", /refresh_refused_seconds/],
    ["a final state that is undelivered for an hour", /undelivered_final_oldest_seconds\) > 3600$/],
    ["a silent runner with jobs", /silent_runners_with_jobs/],
    ["a degraded runner", /runners\{state="degraded"\}/],
    ["an alarm that is late", /alarm_late_seconds/],
    ["held acts", /held_acts/],
    ["use that is not reported", /usage_unreported_seconds/],
  ])("%s", (_, pattern) => {
    expect(RULES.map((rule) => read(rule).expr).filter((expr) => pattern.test(expr))).toHaveLength(1);
  });
});
