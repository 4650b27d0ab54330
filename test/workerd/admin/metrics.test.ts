/** `GET /admin/metrics`: what the queues said of themselves, and what saying it costs. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { JobQueue, Registry } from "../../../worker/index.ts";
import { tellUcloud } from "../support/alarms.ts";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import { callAsAdmin, callAsCore } from "../support/gateway.ts";
import { createJob, exited, startOffered, tellFact, untilState } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { countRows } from "../support/row-count.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";

async function scrape(): Promise<string> {
  const response = await callAsAdmin("/metrics");
  expect(response.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return response.text();
}

/** The minute after a change goes by. */
async function aMinute(): Promise<void> {
  advance(DEFAULT_TIMES.snapshotMs);
  await runDurableObjectAlarm(queue());
}

test("a queue that nobody wakes is shown as it stood, and ages go on", async () => {
  await aWelcomedLine(await anEnrolledRunner());
  await createJob();
  await untilState("offered");
  await aMinute();
  await evict(queue());
  const called = Object.getOwnPropertyNames(JobQueue.prototype)
    .filter((name) => name !== "constructor" && !name.startsWith("#"))
    .map((name) => vi.spyOn(JobQueue.prototype, name as "fetch").mockClear());

  advance(30_000);
  const text = await scrape();

  const isOf = 'category="example-compute"';
  expect(text).toMatch(new RegExp(`^ucloud_gateway_jobs\\{${isOf},state="(offered|queued)"\\} 1$`, "m"));
  expect(text).toContain(`ucloud_gateway_runners{${isOf},state="open"} 1`);
  expect(text).toContain(`ucloud_gateway_snapshot_age_seconds{${isOf}} 30`);
  expect(text).toContain("ucloud_gateway_enrolled_runners 1");
  expect(called.length).toBeGreaterThan(20);
  expect(called.filter((spy) => spy.mock.calls.length > 0)).toEqual([]);
});

test("a call of UCloud is the last poll of its isolate", async () => {
  await callAsCore("/jobs/retrieveProducts");
  const nowS = Date.now() / 1000;
  expect(await scrape()).toContain(`ucloud_gateway_core_last_poll_timestamp_seconds ${nowS}\n`);

  advance(5_000);
  await callAsAdmin("/queues");
  expect(await scrape()).toContain(`ucloud_gateway_core_last_poll_timestamp_seconds ${nowS}\n`);
});

test("a word without news is not written again", async () => {
  await aWelcomedLine(await anEnrolledRunner());
  await aMinute();
  const written = await countRows();
  const report = vi.spyOn(Registry.prototype, "report").mockClear();
  for (let minute = 0; minute < 5; minute++) {
    advance(DEFAULT_TIMES.snapshotMs);
    await queue().reconcile();
    await runDurableObjectAlarm(queue());
  }
  await vi.waitFor(() => expect(report).toHaveBeenCalledTimes(5));
  // The comparison's own: when it is asked for and when it is tried again; and once that UCloud does not answer it.
  expect(written().rows).toBeLessThanOrEqual(5 * 2 + 1);
});

test.each(["within a minute", "for longer"])(
  "a job alone that runs %s stays within 13 rows, its reports included",
  async (time) => {
    const line = await aWelcomedLine(await anEnrolledRunner());
    advance(10_000);
    await runDurableObjectAlarm(queue());
    const written = await countRows();
    await createJob();
    const ref = await startOffered(line);
    await tellUcloud();
    if (time === "for longer") {
      await aMinute();
    }
    await tellFact(line, ref, exited());
    await tellUcloud();
    await aMinute();
    expect(await scrape()).toContain('ucloud_gateway_jobs{category="example-compute",state="running"} 0');
    expect(written().rows).toBeLessThanOrEqual(13);
  },
);
