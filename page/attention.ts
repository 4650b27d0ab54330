/** What an operator must know first, worst first, from what the queues have said of themselves. Pure. */
import type { AdminOverview } from "../worker/admin/answers.ts";
import { spelledHeld, spelledWaiting } from "./waiting-words.ts";
import { counted, spelledAge } from "./words.ts";

export type Concern = { level: "bad" | "warn"; text: string; view: string };

/** UCloud is away for a moment now and then. */
const TRIES_WORTH_A_WORD = 5;
const FINAL_LATE_MS = 600_000;
const ALARM_LATE_MS = 120_000;
const WAITS_LONG_MS = 3_600_000;
const USAGE_LATE_MS = 3_600_000;

type Queue = AdminOverview["queues"][number];

export function concernsOf({ queues, openWords, atMs }: AdminOverview): Concern[] {
  const all = queues.flatMap((queue) => concernsOfQueue(queue, atMs));
  if (openWords > 0) {
    all.push(warn(`${counted(openWords, "queue")} has not confirmed a word about a runner yet`, "runners"));
  }
  return all.toSorted((a, b) => (a.level === b.level ? 0 : a.level === "bad" ? -1 : 1));
}

const bad = (text: string, view: string): Concern => ({ level: "bad", text, view });
const warn = (text: string, view: string): Concern => ({ level: "warn", text, view });

function concernsOfQueue({ category, snapshot }: Queue, nowMs: number): Concern[] {
  const age = (sinceMs: number | null) => (sinceMs === null ? 0 : nowMs - sinceMs);
  const { runners, waiting, undelivered, held } = snapshot;
  const concerns: (Concern | false)[] = [
    snapshot.refreshRefusedSinceMs !== null &&
      bad(`UCloud has refused the refresh token for ${spelledAge(age(snapshot.refreshRefusedSinceMs))}`, "queues"),
    age(snapshot.oldestFinalMs) > FINAL_LATE_MS &&
      bad(
        `${counted(undelivered.finals, "final state")} not taken by UCloud, the oldest for ${spelledAge(age(snapshot.oldestFinalMs))}`,
        "undelivered",
      ),
    snapshot.silentWithJobs > 0 && bad(`${counted(snapshot.silentWithJobs, "silent runner")} with jobs`, "runners"),
    age(snapshot.alarmAtMs) > ALARM_LATE_MS &&
      bad(`the queue's alarm is ${spelledAge(age(snapshot.alarmAtMs))} late`, "queues"),
    ...held.map(({ kind, acts, sinceMs }) =>
      warn(`${counted(acts, "act")} held for ${spelledAge(age(sinceMs))} (${spelledHeld(kind)})`, "undelivered"),
    ),
    (runners.degraded ?? 0) > 0 && warn(`${counted(runners.degraded ?? 0, "runner")} failing to start jobs`, "runners"),
    snapshot.failedTries >= TRIES_WORTH_A_WORD &&
      warn(`UCloud did not answer as agreed ${snapshot.failedTries} times in a row`, "undelivered"),
    ...waiting
      .filter(({ sinceMs }) => age(sinceMs) > WAITS_LONG_MS)
      .map(({ jobs, reason, sinceMs }) =>
        warn(
          `${counted(jobs, "job")} waiting for ${spelledWaiting(reason)}, the oldest for ${spelledAge(age(sinceMs))}`,
          "jobs",
        ),
      ),
    age(snapshot.usageSinceMs) > USAGE_LATE_MS &&
      warn(`use of ${spelledAge(age(snapshot.usageSinceMs))} not reported to UCloud`, "queues"),
  ];
  return concerns.filter((one) => one !== false).map((one) => ({ ...one, text: `${category}: ${one.text}` }));
}
