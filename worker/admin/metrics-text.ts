/**
 * Prometheus' text format of how the queues stand. Each moment becomes an age here, so what a sleeping queue has said
 * last keeps its truth.
 */
import type { QueueSnapshot } from "../queue/snapshot.ts";
import type { Overview } from "../registry/api.ts";

type Labels = Record<string, string>;
type Sample = [Labels, number];
type Queue = { labels: Labels; of: QueueSnapshot; age(sinceMs: number | null): number };
type PerQueue = { help: string; samples(queue: Queue): Sample[] };

const one = (value: (queue: Queue) => number) => (queue: Queue) => [[queue.labels, value(queue)]] satisfies Sample[];
const each = (label: string, counts: (of: QueueSnapshot) => Record<string, number>) => (queue: Queue) =>
  Object.entries(counts(queue.of)).map(([name, count]): Sample => [{ ...queue.labels, [label]: name }, count]);

/** What each queue says of itself. All are gauges in base units; docs/operations.md explains them. */
const PER_QUEUE: Record<string, PerQueue> = {
  ucloud_gateway_snapshot_age_seconds: {
    help: "Since when the queue has had nothing new to say; one that sleeps says nothing.",
    samples: one(({ of, age }) => age(of.atMs)),
  },
  ucloud_gateway_jobs: { help: "Jobs that have not ended, by state.", samples: each("state", ({ jobs }) => jobs) },
  ucloud_gateway_waiting_jobs: {
    help: "Queued jobs, by what they wait for.",
    samples: ({ labels, of }) => of.waiting.map(({ reason, jobs }) => [{ ...labels, reason }, jobs]),
  },
  ucloud_gateway_waiting_oldest_seconds: {
    help: "Age of the oldest queued job, by what it waits for.",
    samples: ({ labels, of, age }) => of.waiting.map(({ reason, sinceMs }) => [{ ...labels, reason }, age(sinceMs)]),
  },
  ucloud_gateway_undelivered_jobs: {
    help: "Jobs of which UCloud has not been told something, final states and others.",
    samples: each("kind", ({ undelivered }) => ({ final: undelivered.finals, other: undelivered.others })),
  },
  ucloud_gateway_undelivered_final_oldest_seconds: {
    help: "For how long the oldest final state has not been taken by UCloud; 0: none waits.",
    samples: one(({ of, age }) => age(of.oldestFinalMs)),
  },
  ucloud_gateway_refresh_refused_seconds: {
    help: "For how long UCloud has refused the refresh token; 0: it does not.",
    samples: one(({ of, age }) => age(of.refreshRefusedSinceMs)),
  },
  ucloud_gateway_core_failed_tries: {
    help: "Tries in a row that UCloud did not answer as agreed.",
    samples: one(({ of }) => of.failedTries),
  },
  ucloud_gateway_runners: {
    help: "Runners by what they are: open, closed, drained, degraded, silent, disconnected or revoked.",
    samples: each("state", ({ runners }) => runners),
  },
  ucloud_gateway_silent_runners_with_jobs: {
    help: "Runners that hold jobs and were not heard for longer than the lease.",
    samples: one(({ of }) => of.silentWithJobs),
  },
  ucloud_gateway_held_acts: {
    help: "Acts that wait for an administrator, by kind.",
    samples: ({ labels, of }) => of.held.map(({ kind, acts }) => [{ ...labels, kind }, acts]),
  },
  ucloud_gateway_held_oldest_seconds: {
    help: "Age of the oldest act that waits for an administrator, by kind.",
    samples: ({ labels, of, age }) => of.held.map(({ kind, sinceMs }) => [{ ...labels, kind }, age(sinceMs)]),
  },
  ucloud_gateway_usage_unreported_seconds: {
    help: "Since when there is use that UCloud was not told; 0: none.",
    samples: one(({ of, age }) => age(of.usageSinceMs)),
  },
  ucloud_gateway_alarm_late_seconds: {
    help: "How late the queue's last alarm came, or how long one is overdue.",
    samples: one(({ of, age }) => Math.max(of.alarmLateMs / 1000, age(of.alarmAtMs))),
  },
  ucloud_gateway_database_bytes: {
    help: "Size of the queue's database.",
    samples: one(({ of }) => of.databaseBytes),
  },
};

type Whole = { overview: Overview; polledAtMs: number; clockAheadMs: number; nowMs: number; categories: string[] };

const WHOLE: Record<string, { help: string; samples(whole: Whole): Sample[] }> = {
  ucloud_gateway_category_offered: {
    help: "Categories of PRODUCTS.",
    samples: ({ categories }) => categories.map((category) => [{ category }, 1]),
  },
  ucloud_gateway_enrolled_runners: {
    help: "Runners that may connect.",
    samples: ({ overview }) => [[{}, overview.runners]],
  },
  ucloud_gateway_unconfirmed_words: {
    help: "Queues that have not confirmed yet how it stands with a runner.",
    samples: ({ overview }) => [[{}, overview.openWords]],
  },
  ucloud_gateway_core_last_poll_timestamp_seconds: {
    help: "When UCloud last called the isolate that answers; none: it never did.",
    samples: ({ polledAtMs }) => (polledAtMs === 0 ? [] : [[{}, polledAtMs / 1000]]),
  },
  ucloud_gateway_core_clock_ahead_seconds: {
    help: "How far UCloud's clock is ahead of the gateway's, by the last answer to the isolate that answers.",
    samples: ({ clockAheadMs }) => [[{}, clockAheadMs / 1000]],
  },
};

export function metricsText(whole: Whole): string {
  const queues = whole.overview.queues.map(({ category, snapshot }): Queue => {
    const age = (sinceMs: number | null) => (sinceMs === null ? 0 : Math.max(0, whole.nowMs - sinceMs) / 1000);
    return { labels: { category }, of: snapshot, age };
  });
  const families = [
    ...Object.entries(WHOLE).map(([name, { help, samples }]) => family(name, help, samples(whole))),
    ...Object.entries(PER_QUEUE).map(([name, { help, samples }]) => family(name, help, queues.flatMap(samples))),
  ];
  return families.join("");
}

function family(name: string, help: string, samples: Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
