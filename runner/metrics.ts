/** Prometheus metrics on loopback, when `metrics-port` is set. Names follow Prometheus' conventions. */
import { createServer, type Server } from "node:http";
import { Counter, Gauge, type Registry } from "prom-client";
import type { Status } from "./status.ts";

type Add = (value: number, labels?: Record<string, string>) => void;
type Metric = { is: "gauge" | "counter"; help: string; labels?: string[]; read(status: Status, add: Add): void };

/** Read from what `status` shows, at each scrape. */
const METRICS: Record<string, Metric> = {
  ucloud_runner_build_info: {
    ...{ is: "gauge", help: "The runner's version; always 1.", labels: ["version"] },
    read: ({ version }, add) => add(1, { version }),
  },
  ucloud_runner_connected: {
    ...{ is: "gauge", help: "Whether the line to a category's queue is up.", labels: ["category"] },
    read: ({ lines }, add) => {
      for (const { category, connected } of lines) {
        add(connected ? 1 : 0, { category });
      }
    },
  },
  ucloud_runner_last_heard_age_seconds: {
    ...{ is: "gauge", help: "Since when a category's queue was not heard; none: never.", labels: ["category"] },
    read: ({ lines }, add) => {
      for (const { category, heardAgoMs } of lines) {
        if (heardAgoMs !== null) {
          add(heardAgoMs / 1000, { category });
        }
      }
    },
  },
  ucloud_runner_line_losses_total: {
    ...{
      is: "counter",
      help: "Times that a line was lost after its welcome, and dialled again.",
      labels: ["category"],
    },
    read: ({ lines }, add) => {
      for (const { category, losses } of lines) {
        add(losses, { category });
      }
    },
  },
  ucloud_runner_jobs: {
    ...{ is: "gauge", help: "Jobs on this node.", labels: ["category", "phase"] },
    read: ({ jobs }, add) => {
      for (const { category, phase } of jobs) {
        add(1, { category, phase });
      }
    },
  },
  ucloud_runner_unacknowledged_facts: {
    ...{ is: "gauge", help: "Facts about jobs that the gateway has not acknowledged.", labels: ["category"] },
    read: ({ lines, jobs }, add) => {
      for (const { category } of lines) {
        add(0, { category });
      }
      for (const { category, untold } of jobs) {
        add(untold, { category });
      }
    },
  },
  ucloud_runner_open: {
    ...{ is: "gauge", help: "Whether this node takes jobs." },
    read: ({ closed }, add) => add(closed === null ? 1 : 0),
  },
  ucloud_runner_closed: {
    ...{ is: "gauge", help: "Why this node takes no jobs; none while it does.", labels: ["reason"] },
    read: ({ closed }, add) => {
      if (closed !== null) {
        add(1, { reason: closed.code });
      }
    },
  },
  ucloud_runner_podman_up: {
    ...{ is: "gauge", help: "Whether Podman answers." },
    read: ({ podman }, add) => add(podman === "up" ? 1 : 0),
  },
  ucloud_runner_journal_write_failures_total: {
    ...{ is: "counter", help: "Writes to the journal that failed." },
    read: ({ journalFailures }, add) => add(journalFailures),
  },
  ucloud_runner_journal_lost: {
    ...{ is: "gauge", help: "Whether the journal was missing or unreadable at this start." },
    read: ({ journalLost }, add) => add(journalLost ? 1 : 0),
  },
  ucloud_runner_disk_free_bytes: {
    ...{ is: "gauge", help: "Bytes left on the fullest of the file systems for jobs, state and images." },
    read: ({ freeDiskBytes }, add) => {
      if (freeDiskBytes !== null) {
        add(freeDiskBytes);
      }
    },
  },
  // By its usual name: that it changes is how a restart is seen.
  process_start_time_seconds: {
    ...{ is: "gauge", help: "When this process started, since the epoch." },
    read: (_, add) => add(STARTED_S),
  },
};

const STARTED_S = Math.round(Date.now() / 1000 - process.uptime());

export type MetricsOptions = { registry: Registry; status: () => Status; failed: (error: Error) => void };

export function serveMetrics(port: number, { registry, status, failed }: MetricsOptions): Server {
  for (const [name, metric] of Object.entries(METRICS)) {
    register(registry, name, metric, status);
  }
  const server = createServer(async (_request, response) => {
    response.setHeader("Content-Type", registry.contentType);
    response.end(await registry.metrics());
  });
  server.on("error", failed);
  server.listen(port, "127.0.0.1");
  return server;
}

function register(registry: Registry, name: string, metric: Metric, status: () => Status): void {
  const Kind = metric.is === "gauge" ? Gauge : Counter;
  new Kind({
    ...{ name, help: metric.help, labelNames: metric.labels ?? [], registers: [registry] },
    collect() {
      this.reset();
      if (metric.labels === undefined) {
        // Reset alone would show a zero for what is not known.
        this.remove();
      }
      metric.read(status(), (value, labels = {}) => this.inc(labels, value));
    },
  });
}
