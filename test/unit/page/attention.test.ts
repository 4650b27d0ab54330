/** What the page puts first, and that it is silent where all is well. */
import { expect, test } from "vitest";
import { concernsOf } from "../../../page/attention.ts";
import { spelledAge } from "../../../page/words.ts";
import type { AdminOverview } from "../../../worker/admin/answers.ts";
import { type QueueSnapshot, snapshotSchema } from "../../../worker/queue/snapshot.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

function anOverview(change: Partial<QueueSnapshot>, openWords = 0): AdminOverview {
  const snapshot = snapshotSchema.parse({ atMs: NOW, ...change });
  const queues = [{ category: "standard", snapshot }];
  return { atMs: NOW, name: "olga", role: "owner", providerId: "ucloud", offered: [], queues, runners: [], openWords };
}

test.each<[string, Partial<QueueSnapshot>]>([
  ["a queue without trouble", {}],
  ["a short wait", { waiting: [{ reason: "room", jobs: 9, sinceMs: NOW - HOUR / 2 }] }],
  ["an end that UCloud takes in a moment", { undelivered: { finals: 1, others: 0 }, oldestFinalMs: NOW - 1_000 }],
  ["an alarm that is still to come", { alarmAtMs: NOW + HOUR }],
  ["use that is reported by the hour", { usageSinceMs: NOW - HOUR / 2 }],
])("%s needs nobody", (_what, change) => {
  expect(concernsOf(anOverview(change))).toEqual([]);
});

test.each<[Partial<QueueSnapshot>, "bad" | "warn", string, string]>([
  [{ refreshRefusedSinceMs: NOW - HOUR }, "bad", "UCloud has refused the refresh token for 1 h", "queues"],
  [
    { undelivered: { finals: 2, others: 0 }, oldestFinalMs: NOW - HOUR },
    "bad",
    "2 final states not taken by UCloud, the oldest for 1 h",
    "undelivered",
  ],
  [{ silentWithJobs: 1 }, "bad", "1 silent runner with jobs", "runners"],
  [{ alarmAtMs: NOW - HOUR }, "bad", "the queue's alarm is 1 h late", "queues"],
  [
    { held: [{ kind: "forgotten", acts: 3, sinceMs: NOW - 90 * 60_000 }] },
    "warn",
    "3 acts held for 1 h 30 min (UCloud does not know the job)",
    "undelivered",
  ],
  [{ runners: { degraded: 1 } }, "warn", "1 runner failing to start jobs", "runners"],
  [{ failedTries: 5 }, "warn", "UCloud did not answer as agreed 5 times in a row", "undelivered"],
  [
    { waiting: [{ reason: "none_big_enough", jobs: 1, sinceMs: NOW - 2 * HOUR }] },
    "warn",
    "1 job waiting for a bigger machine, the oldest for 2 h",
    "jobs",
  ],
  [{ usageSinceMs: NOW - 2 * HOUR }, "warn", "use of 2 h not reported to UCloud", "queues"],
])("%j is named, with where to look", (change, level, text, view) => {
  expect(concernsOf(anOverview(change))).toEqual([{ level, text: `standard: ${text}`, view }]);
});

test("what cannot wait comes first", () => {
  const overview = anOverview({ failedTries: 9, silentWithJobs: 1 }, 1);
  expect(concernsOf(overview).map(({ level }) => level)).toEqual(["bad", "warn", "warn"]);
});

test.each([
  [-5, "0 s"],
  [999, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [61_000, "1 min"],
  [5_400_000, "1 h 30 min"],
  [86_400_000, "1 d"],
  [190_000_000, "2 d 4 h"],
])("%i ms are %s", (ms, words) => {
  expect(spelledAge(ms)).toBe(words);
});
