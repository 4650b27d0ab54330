/** Prometheus metrics on loopback, when `metrics-port` is set. Names follow Prometheus' conventions. */
import { createServer, type Server } from "node:http";
import { Gauge, Registry } from "prom-client";
import type { Status } from "./status.ts";

export function serveMetrics(port: number, status: () => Status, failed: (error: Error) => void): Server {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  };
  gauge("ucloud_runner_connected", "Whether the line to a category's queue is up.", ["category"], (up) => {
    for (const { category, connected } of status().lines) {
      up.set({ category }, connected ? 1 : 0);
    }
  });
  gauge("ucloud_runner_jobs", "Jobs on this node.", ["category", "phase"], (jobs) => {
    for (const { category, phase } of status().jobs) {
      jobs.inc({ category, phase });
    }
  });
  gauge("ucloud_runner_open", "Whether this node takes jobs.", [], (open) =>
    open.set(status().closed === null ? 1 : 0),
  );
  const server = createServer(async (_request, response) => {
    response.setHeader("Content-Type", registry.contentType);
    response.end(await registry.metrics());
  });
  server.on("error", failed);
  server.listen(port, "127.0.0.1");
  return server;
}
