/** What a queue has used of the platform on a day: counted in memory, written with what is written anyway. */
import { expect, test } from "vitest";
import { DayMeter, NOTHING_USED } from "../../../../worker/queue/day-meter.ts";
import { viewQueue } from "../../../../worker/queue/views.ts";
import { aJob } from "../../../support/queue/new-job.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";

const DAY_MS = 86_400_000;
const today = (queue: QueueUnderTest) => viewQueue(queue.queue.state).today;

test("each day begins with nothing, also without anybody looking in between", () => {
  const used = { ...NOTHING_USED };
  let nowMs = Date.UTC(2026, 10, 26, 23, 59);
  const meter = new DayMeter({ used: () => used, nowMs: () => nowMs });
  used.requests = 5;
  expect(meter.today(null)).toMatchObject({ date: "2026-11-26", requests: 5 });
  used.requests = 7;
  nowMs += 120_000;
  expect(meter.today(null)).toMatchObject({ date: "2026-11-27", requests: 0 });
  used.requests = 8;
  expect(meter.today(null)).toMatchObject({ date: "2026-11-27", requests: 1 });
});

test("it rides on a row that is written anyway, and goes on in the next life of the object", () => {
  const queue = openQueue();
  queue.used.rowsRead = 40;
  queue.used.frames = 3;
  queue.create(aJob());
  queue.used.rowsRead = 50;
  queue.restart({ keepsSockets: false });

  expect(today(queue)).toMatchObject({ rowsRead: 40, frames: 3 });
  queue.used.rowsRead = 2;
  expect(today(queue)).toMatchObject({ rowsRead: 42, frames: 3 });
});

test("what was written on an earlier day is not today's", async () => {
  const queue = openQueue();
  queue.used.requests = 9;
  queue.create(aJob());
  queue.nowMs += DAY_MS;
  queue.restart({ keepsSockets: false });

  expect(today(queue).requests).toBe(0);
});

test.each([
  [499, 0],
  [500, 500],
])("after %i rows by which nothing else was written, %i are kept when the object leaves memory", (rows, kept) => {
  const queue = openQueue();
  queue.used.rowsWritten = rows;
  queue.queue.release("unknown");
  queue.restart({ keepsSockets: false });

  expect(today(queue).rowsWritten).toBe(kept);
});
