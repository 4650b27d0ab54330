/** The runner's metrics, as Prometheus reads them. */
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { serveMetrics } from "../../../runner/metrics.ts";
import type { Status } from "../../../runner/status.ts";
import { aRef } from "../../support/node-under-test.ts";

const line = (category: string, connected: boolean) => ({ category, connected, heardAgoMs: 1, trouble: null });
const job = (name: string, phase: string) => ({
  ...{ ref: aRef({ job: name }), category: "a", phase, gpus: [], ending: null },
});

function aStatus(given: Partial<Status> = {}): Status {
  return {
    ...{ version: "0.1.0", runner: { id: "runner-1", name: "node-1" }, draining: false, podman: "up", closed: null },
    ...{ journalLost: false, total: { cpu: 1, memoryBytes: 1, gpu: 0 }, foreign: [] },
    ...{ lines: [line("a", true), line("b", false)] },
    jobs: [job("1", "running"), job("2", "running"), job("3", "ready")],
    ...given,
  };
}

async function served(status: () => Status): Promise<() => Promise<string[]>> {
  const server = serveMetrics(0, status, (error) => {
    throw error;
  });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string" || address.address !== "127.0.0.1") {
    throw new Error("metrics are for this machine alone");
  }
  return async () => {
    const text = await (await fetch(`http://127.0.0.1:${address.port}/metrics`)).text();
    return text.split("\n").filter((one) => one !== "" && !one.startsWith("#"));
  };
}

test("lines, jobs by phase and whether the node takes jobs", async () => {
  const read = await served(() => aStatus());
  expect(await read()).toEqual([
    'ucloud_runner_connected{category="a"} 1',
    'ucloud_runner_connected{category="b"} 0',
    'ucloud_runner_jobs{category="a",phase="running"} 2',
    'ucloud_runner_jobs{category="a",phase="ready"} 1',
    "ucloud_runner_open 1",
  ]);
});

test("what is over is not shown any more", async () => {
  let status = aStatus();
  const read = await served(() => status);
  await read();
  status = aStatus({ jobs: [], lines: [line("a", false)], closed: { code: "disk", text: "x" } });
  expect(await read()).toEqual(['ucloud_runner_connected{category="a"} 0', "ucloud_runner_open 0"]);
});

test("no metric names a job, a user or a value", async () => {
  const read = await served(() => aStatus({ jobs: [job("4711", "running")] }));
  expect((await read()).join("\n")).not.toContain("4711");
});

test("a port that is taken is told and ends nothing", async () => {
  const first = serveMetrics(0, aStatus, () => {});
  onTestFinished(() => void first.close());
  await once(first, "listening");
  const address = first.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const told = await new Promise<Error>((resolve) => serveMetrics(port, aStatus, resolve));
  expect(told).toMatchObject({ code: "EADDRINUSE" });
});
