/** `GET /healthz`: anybody may ask, and a gateway that cannot talk to UCloud says so. */
import { expect, onTestFinished, test, vi } from "vitest";
import { JobQueue } from "../../../worker/index.ts";
import { coreClock } from "../../../worker/isolate.ts";
import { advance } from "../support/clock.ts";
import { call } from "../support/gateway.ts";
import { refuseRefreshSince } from "../support/queues.ts";

/** The queues are asked at most this often. */
const KEEP_MS = 10_000;

async function health(): Promise<[number, unknown]> {
  const response = await call("/healthz");
  return [response.status, await response.json()];
}

test("a gateway that has never asked UCloud for anything is well", async () => {
  advance(KEEP_MS);
  expect(await health()).toEqual([200, { ok: true }]);
});

test("it is ill when a refresh token has been refused for ten minutes", async () => {
  advance(KEEP_MS);
  const sinceMs = Date.now();
  await refuseRefreshSince(sinceMs, "other-compute");
  advance(599_999);
  expect(await health()).toEqual([200, { ok: true }]);
  advance(KEEP_MS);
  const why = `other-compute: UCloud refuses the refresh token since ${new Date(sinceMs).toISOString()}`;
  expect(await health()).toEqual([503, { ok: false, why: [why] }]);
});

test("it is ill when its clock and UCloud's differ by more than a minute, and says so once", async () => {
  onTestFinished(() => {
    coreClock.aheadMs = 0;
  });
  for (const [aheadMs, why] of [
    [60_000, null],
    [61_000, "UCloud's clock is 61 s ahead of the gateway's"],
    [-61_000, "UCloud's clock is 61 s behind the gateway's"],
  ] as const) {
    coreClock.aheadMs = aheadMs;
    advance(KEEP_MS);
    expect(await health()).toEqual(why === null ? [200, { ok: true }] : [503, { ok: false, why: [why] }]);
  }
});

test("the queues are asked once in ten seconds", async () => {
  advance(KEEP_MS);
  const asked = vi.spyOn(JobQueue.prototype, "health");
  await health();
  advance(KEEP_MS - 1);
  await health();
  expect(asked).toHaveBeenCalledTimes(2);
  advance(1);
  await health();
  expect(asked).toHaveBeenCalledTimes(4);
});

test("a queue that does not answer is named", async () => {
  advance(KEEP_MS);
  vi.spyOn(JobQueue.prototype, "health").mockRejectedValueOnce(new Error("gone"));
  expect(await health()).toEqual([503, { ok: false, why: [expect.stringContaining("the queue does not answer")] }]);
  advance(KEEP_MS);
  expect(await health()).toEqual([200, { ok: true }]);
});
