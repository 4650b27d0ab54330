/** What wakes the queue by itself: timers where an alarm stands behind them, and as few alarms as may be. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Wake } from "../../../../worker/queue/wake.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});

// Other files share the process.
afterEach(() => {
  vi.useRealTimers();
});

function aWake(work: (wake: Wake) => Promise<void> | void = () => {}) {
  const alarms: number[] = [];
  const runs: (number | null)[] = [];
  const kept: Promise<void>[] = [];
  const wake: Wake = new Wake(
    {
      nowMs: Date.now,
      setAlarm: (atMs) => void alarms.push(atMs - 1_000_000),
      timer: (ms, ring) => {
        const timeout = setTimeout(ring, ms);
        return () => clearTimeout(timeout);
      },
      waitUntil: (promise) => void kept.push(promise),
    },
    async (scheduledMs) => {
      runs.push(scheduledMs);
      await work(wake);
    },
  );
  const set = (inMs: number) => wake.set(Date.now() + inMs);
  return { wake, alarms, runs, kept, set };
}

test("without an alarm behind it, what is due at once is the alarm's", async () => {
  const { alarms, runs, set } = aWake();
  set(0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(alarms).toEqual([0]);
  expect(runs).toEqual([]);
});

test("with an alarm behind it, what is due in a moment is done by a timer, and costs no alarm", async () => {
  const { alarms, runs, set, kept } = aWake();
  set(10_000);
  set(250);
  await vi.advanceTimersByTimeAsync(249);
  expect(runs).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toEqual([1_000_250]);
  expect(alarms).toEqual([10_000]);
  await Promise.all(kept);
});

test("an alarm too far away stands behind nothing", async () => {
  const { alarms, set } = aWake();
  set(120_001);
  set(0);
  expect(alarms).toEqual([120_001, 0]);
});

test("what is due later than in a moment is the alarm's", async () => {
  const { alarms, set } = aWake();
  set(60_000);
  set(1_001);
  expect(alarms).toEqual([60_000, 1_001]);
});

test("an alarm that comes too early anyway is not moved back", async () => {
  const { alarms, set } = aWake();
  set(10_000);
  set(60_000);
  expect(alarms).toEqual([10_000]);
});

test("an alarm that has come is set anew", async () => {
  const { wake, alarms, runs, set } = aWake((self) => self.set(Date.now() + 60_000));
  set(10_000);
  await vi.advanceTimersByTimeAsync(10_000);
  await wake.came(1_010_000);
  expect(alarms).toEqual([10_000, 70_000]);
  expect(runs).toEqual([1_010_000]);
});

test("the earliest of several timers counts, and one does the work of all", async () => {
  const { runs, set, kept } = aWake();
  set(10_000);
  set(900);
  set(100);
  set(500);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(runs).toEqual([1_000_100]);
  await Promise.all(kept);
});

test("an alarm that comes while the timer's work is under way waits for it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let under = 0;
  let most = 0;
  const { wake, runs, set } = aWake(async () => {
    under += 1;
    most = Math.max(most, under);
    await promise;
    under -= 1;
  });
  set(10_000);
  set(0);
  await vi.advanceTimersByTimeAsync(0);
  const came = wake.came(1_010_000);
  await vi.advanceTimersByTimeAsync(0);
  expect(runs).toEqual([1_000_000]);
  resolve();
  await came;
  expect(runs).toEqual([1_000_000, 1_010_000]);
  expect(most).toBe(1);
});

test("an alarm does the timer's work too", async () => {
  const { wake, runs, set, kept } = aWake();
  set(10_000);
  set(900);
  await wake.came(1_000_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(runs).toEqual([1_000_000]);
  await Promise.all(kept);
});
