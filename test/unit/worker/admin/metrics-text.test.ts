/** The gateway's metrics as Prometheus reads them, from what the queues said last. */
import { describe, expect, test } from "vitest";
import { metricsText } from "../../../../worker/admin/metrics-text.ts";
import { type QueueSnapshot, snapshotSchema } from "../../../../worker/queue/snapshot.ts";

const NOW_MS = 1_700_000_000_000;

function aSnapshot(change: Partial<QueueSnapshot> = {}): QueueSnapshot {
  return { ...snapshotSchema.parse({ atMs: NOW_MS - 30_000 }), ...change };
}

function shown(change: Partial<QueueSnapshot> = {}, category = "small"): string {
  const queues = [{ category, snapshot: aSnapshot(change) }];
  const overview = { queues, runners: 3, openWords: 0 };
  return metricsText({ overview, polledAtMs: 0, clockAheadMs: 0, nowMs: NOW_MS, categories: [category] });
}

const samples = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

describe("each number", () => {
  const AGO = NOW_MS - 90_000;
  const TABLE: [Partial<QueueSnapshot>, string][] = [
    [{}, 'ucloud_gateway_snapshot_age_seconds{category="small"} 30'],
    [{ jobs: { running: 2 } }, 'ucloud_gateway_jobs{category="small",state="running"} 2'],
    [
      { waiting: [{ reason: "room", jobs: 4, sinceMs: AGO }] },
      'ucloud_gateway_waiting_jobs{category="small",reason="room"} 4',
    ],
    [
      { waiting: [{ reason: "room", jobs: 4, sinceMs: AGO }] },
      'ucloud_gateway_waiting_oldest_seconds{category="small",reason="room"} 90',
    ],
    [{ undelivered: { finals: 1, others: 2 } }, 'ucloud_gateway_undelivered_jobs{category="small",kind="final"} 1'],
    [{ undelivered: { finals: 1, others: 2 } }, 'ucloud_gateway_undelivered_jobs{category="small",kind="other"} 2'],
    [{ oldestFinalMs: AGO }, 'ucloud_gateway_undelivered_final_oldest_seconds{category="small"} 90'],
    [{}, 'ucloud_gateway_undelivered_final_oldest_seconds{category="small"} 0'],
    [{ refreshRefusedSinceMs: AGO }, 'ucloud_gateway_refresh_refused_seconds{category="small"} 90'],
    [{ failedTries: 7 }, 'ucloud_gateway_core_failed_tries{category="small"} 7'],
    [{ runners: { drained: 1 } }, 'ucloud_gateway_runners{category="small",state="drained"} 1'],
    [{ silentWithJobs: 1 }, 'ucloud_gateway_silent_runners_with_jobs{category="small"} 1'],
    [
      { held: [{ kind: "forgotten", acts: 3, sinceMs: AGO }] },
      'ucloud_gateway_held_acts{category="small",kind="forgotten"} 3',
    ],
    [
      { held: [{ kind: "forgotten", acts: 3, sinceMs: AGO }] },
      'ucloud_gateway_held_oldest_seconds{category="small",kind="forgotten"} 90',
    ],
    [{ usageSinceMs: AGO }, 'ucloud_gateway_usage_unreported_seconds{category="small"} 90'],
    [{ alarmLateMs: 1_500 }, 'ucloud_gateway_alarm_late_seconds{category="small"} 1.5'],
    [{ alarmAtMs: AGO }, 'ucloud_gateway_alarm_late_seconds{category="small"} 90'],
    [{ alarmAtMs: NOW_MS + 1 }, 'ucloud_gateway_alarm_late_seconds{category="small"} 0'],
    [{ databaseBytes: 4096 }, 'ucloud_gateway_database_bytes{category="small"} 4096'],
    [{}, "ucloud_gateway_enrolled_runners 3"],
    [{}, 'ucloud_gateway_category_offered{category="small"} 1'],
  ];

  test.each(TABLE)("%j is %s", (change, sample) => {
    expect(samples(shown(change))).toContain(sample);
  });
});

test("every family has its help and its type before its samples, and no other", () => {
  const text = shown({ jobs: { running: 1 }, runners: { open: 1 } });
  const families = text.split("# HELP ").slice(1);
  expect(families.length).toBeGreaterThan(15);
  for (const family of families) {
    const name = /^\S+/.exec(family)?.[0] ?? "";
    expect(name).toMatch(/^ucloud_gateway_[a-z_]+$/);
    const [help, type, ...rest] = family.trimEnd().split("\n");
    expect(help).toMatch(/^\S+ .+\.$/);
    expect(type).toBe(`# TYPE ${name} gauge`);
    expect(rest.every((line) => /^[a-z_]+(\{[^}]+\})? \d+(\.\d+)?$/.test(line) && line.startsWith(name))).toBe(true);
  }
  expect(text.endsWith("\n")).toBe(true);
});

test("a poll of UCloud is shown only where one came", () => {
  const overview = { queues: [], runners: 0, openWords: 0 };
  const polled = (polledAtMs: number) =>
    metricsText({ overview, polledAtMs, clockAheadMs: 0, nowMs: NOW_MS, categories: [] }).match(
      /^ucloud_gateway_core_last\S+ .*$/m,
    )?.[0];
  expect(polled(0)).toBeUndefined();
  expect(polled(NOW_MS - 500)).toBe("ucloud_gateway_core_last_poll_timestamp_seconds 1699999999.5");
});

test("what another release kept is shown as far as it is known", () => {
  const snapshot = snapshotSchema.parse({ atMs: NOW_MS, jobs: { running: 1 }, somethingNew: 1 });
  const text = metricsText({
    ...{ overview: { queues: [{ category: "small", snapshot }], runners: 0, openWords: 0 } },
    ...{ polledAtMs: 0, clockAheadMs: 0, nowMs: NOW_MS, categories: [] },
  });
  expect(text).toContain('ucloud_gateway_jobs{category="small",state="running"} 1');
});
