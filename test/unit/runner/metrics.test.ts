/** The runner's metrics, as Prometheus reads them. */
import { once } from "node:events";
import { Registry } from "prom-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { EngineError } from "../../../runner/engine/engine.ts";
import { measuredEngine } from "../../../runner/meters.ts";
import { serveMetrics } from "../../../runner/metrics.ts";
import { type Status, statusSchema } from "../../../runner/status.ts";
import { FakeEngine } from "../../support/fake-engine.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { aRef } from "../../support/node-under-test.ts";

const line = (category: string, change: object = {}) => ({
  ...{ category, connected: true, heardAgoMs: 1_500, trouble: null, losses: 0 },
  ...change,
});
const job = (name: string, phase: string, untold = 0) => ({
  ...{ ref: aRef({ job: name }), category: "a", phase, gpus: [], ending: null, untold },
});

function aStatus(given: Partial<Status> = {}): Status {
  return {
    ...{
      version: "0.1.0",
      runner: { id: "runner-1", name: "node-1" },
      draining: false,
      podman: "up",
      closed: null,
      closing: null,
    },
    ...{ journalLost: false, total: { cpu: 1, memoryBytes: 1, gpu: 0 }, foreign: [], lines: [line("a")], jobs: [] },
    ...{ freeDiskBytes: null, journalFailures: 0 },
    ...given,
  };
}

async function served(status: () => Status, registry = new Registry()): Promise<() => Promise<string>> {
  const failed = (error: Error) => {
    throw error;
  };
  const server = serveMetrics(0, { registry, status, failed });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string" || address.address !== "127.0.0.1") {
    throw new Error("metrics are for this machine alone");
  }
  return async () => (await fetch(`http://127.0.0.1:${address.port}/metrics`)).text();
}

const samples = (text: string) => text.split("\n").filter((one) => one !== "" && !one.startsWith("#"));

describe("each number", () => {
  const TABLE: [Partial<Status>, string][] = [
    [{}, 'ucloud_runner_build_info{version="0.1.0"} 1'],
    [{}, 'ucloud_runner_connected{category="a"} 1'],
    [{ lines: [line("b", { connected: false })] }, 'ucloud_runner_connected{category="b"} 0'],
    [{}, 'ucloud_runner_last_heard_age_seconds{category="a"} 1.5'],
    [{ lines: [line("a", { losses: 3 })] }, 'ucloud_runner_line_losses_total{category="a"} 3'],
    [
      { jobs: [job("1", "running"), job("2", "running"), job("3", "ready")] },
      'ucloud_runner_jobs{category="a",phase="running"} 2',
    ],
    [
      { jobs: [job("1", "running"), job("2", "running"), job("3", "ready")] },
      'ucloud_runner_jobs{category="a",phase="ready"} 1',
    ],
    [{ jobs: [job("1", "running", 1), job("2", "ended", 2)] }, 'ucloud_runner_unacknowledged_facts{category="a"} 3'],
    [{}, 'ucloud_runner_unacknowledged_facts{category="a"} 0'],
    [{}, "ucloud_runner_open 1"],
    [{ closed: { code: "disk", text: "x" } }, "ucloud_runner_open 0"],
    [{ closed: { code: "disk", text: "x" } }, 'ucloud_runner_closed{reason="disk"} 1'],
    [{}, "ucloud_runner_podman_up 1"],
    [{ podman: "away" }, "ucloud_runner_podman_up 0"],
    [{ journalFailures: 4 }, "ucloud_runner_journal_write_failures_total 4"],
    [{ journalLost: true }, "ucloud_runner_journal_lost 1"],
    [{ freeDiskBytes: 5 * 2 ** 30 }, "ucloud_runner_disk_free_bytes 5368709120"],
  ];

  test.each(TABLE)("%j is %s", async (given, sample) => {
    const read = await served(() => aStatus(given));
    expect(samples(await read())).toContain(sample);
  });

  test("the start of the process, by the name that everybody gives it", async () => {
    const text = await (await served(aStatus))();
    const startedS = Number(/^process_start_time_seconds (\d+)$/m.exec(text)?.[1]);
    expect(Math.abs(startedS - (Date.now() / 1000 - process.uptime()))).toBeLessThan(5);
  });
});

test("what is over or not known is not shown", async () => {
  let status = aStatus({ jobs: [job("1", "running")], closed: { code: "disk", text: "x" } });
  const read = await served(() => status);
  await read();
  status = aStatus({ lines: [line("a", { heardAgoMs: null })] });
  const text = samples(await read()).join("\n");
  expect(text).not.toMatch(/ucloud_runner_(jobs|closed|last_heard_age_seconds|disk_free_bytes)/);
});

test("a counter is read, not added up, however often it is scraped", async () => {
  const read = await served(() => aStatus({ journalFailures: 4 }));
  await read();
  expect(samples(await read())).toContain("ucloud_runner_journal_write_failures_total 4");
});

test("every family is named as Prometheus has it, with help and type", async () => {
  const text = await (await served(() => aStatus({ jobs: [job("1", "running")] })))();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
  expect(types.length).toBeGreaterThan(10);
  for (const { name, type } of types) {
    expect(text).toMatch(new RegExp(`^# HELP ${name} .+\\.$`, "m"));
    expect(name.endsWith("_total")).toBe(type === "counter");
  }
});

test("no metric names a job, a user or a value", async () => {
  const read = await served(() => aStatus({ jobs: [job("4711", "running")], foreign: ["ucloud-4712"] }));
  expect(await read()).not.toMatch(/471/);
});

test("a port that is taken is told and ends nothing", async () => {
  const options = { registry: new Registry(), status: aStatus, failed: () => {} };
  const first = serveMetrics(0, options);
  onTestFinished(() => void first.close());
  await once(first, "listening");
  const address = first.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const told = await new Promise<Error>((failed) =>
    serveMetrics(port, { registry: new Registry(), status: aStatus, failed }),
  );
  expect(told).toMatchObject({ code: "EADDRINUSE" });
});

describe("a measured engine", () => {
  test("answers and fails as the engine does, and counts each call by how it ended", async () => {
    const registry = new Registry();
    const fake = new FakeEngine(new ManualClock());
    const engine = measuredEngine(fake, registry);
    expect(await engine.info()).toEqual(await fake.info());
    await expect(engine.start("nothing", 1_000)).rejects.toBeInstanceOf(EngineError);

    const text = await registry.metrics();
    expect(text).toContain('ucloud_runner_podman_call_duration_seconds_count{call="info",outcome="ok"} 1');
    expect(text).toContain('ucloud_runner_podman_call_duration_seconds_count{call="start",outcome="failed"} 1');
    expect(text).toContain("# TYPE ucloud_runner_podman_call_duration_seconds histogram");
  });

  test("does not measure how long a program runs", async () => {
    const registry = new Registry();
    const engine = measuredEngine(new FakeEngine(new ManualClock()), registry);
    await engine.wait("nothing", AbortSignal.abort()).catch(() => {});
    expect(await registry.metrics()).not.toContain('call="wait"');
  });
});

test("what an older runner shows of itself can still be read", () => {
  const { freeDiskBytes: _, journalFailures: __, ...older } = aStatus();
  const lines = older.lines.map(({ losses: ___, ...rest }) => rest);
  expect(statusSchema.parse({ ...older, lines })).toEqual(aStatus());
});
