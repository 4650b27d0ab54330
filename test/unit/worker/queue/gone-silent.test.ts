/** Runners that were not heard for a month leave the queue, unless jobs or a refusal need their row. */
import { expect, test } from "vitest";
import { GONE_SILENT_MS } from "../../../../worker/queue/gone-silent.ts";
import { bring } from "../../../support/queue/journey.ts";
import { openQueue, type QueueUnderTest } from "../../../support/queue/queue-under-test.ts";
import { aRunner } from "../../../support/queue/test-runner.ts";

const DAY_MS = 86_400_000;
const rowsOf = (queue: QueueUnderTest) => queue.queue.state.ports.sql.rows("SELECT id FROM runner").map(({ id }) => id);

test("a month after its last sign its row goes, the metrics hear of it, and the queue sleeps", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  await queue.pass(DAY_MS);
  queue.loseLine(runner.line);

  await queue.pass(GONE_SILENT_MS - 1);
  expect(rowsOf(queue)).toEqual(["runner-1"]);
  await queue.pass(1);
  expect(rowsOf(queue)).toEqual([]);

  await queue.pass(queue.times.snapshotMs);
  expect(queue.reports.at(-1)?.runners).toEqual({});
  expect(queue.alarmMs).toBeNull();
});

test("by connecting it is there again", async () => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.loseLine(runner.line);
  await queue.pass(GONE_SILENT_MS);

  await runner.reconnect();
  await bring(queue, runner, "running");

  expect(rowsOf(queue)).toEqual(["runner-1"]);
});

test("one that is connected stays, however long nothing happens", async () => {
  const queue = openQueue();
  const away = await aRunner(queue, { id: "runner-2" });
  await aRunner(queue);
  queue.loseLine(away.line);

  await queue.pass(3 * GONE_SILENT_MS);

  expect(rowsOf(queue)).toEqual(["runner-1"]);
  expect(queue.alarmMs).toBeNull();
});

test("so does one with a job, until the job is given up", async () => {
  const queue = openQueue({ leaseMs: DAY_MS, reconcileMs: DAY_MS, usageMs: DAY_MS });
  const runner = await aRunner(queue);
  const ref = await bring(queue, runner, "running");
  const job = queue.row("1");
  queue.queue.state.save(job, { ...job, terms: { ...job.terms, maxSilenceMs: GONE_SILENT_MS + 2 * DAY_MS } });
  queue.loseLine(runner.line);

  await queue.pass(GONE_SILENT_MS + DAY_MS);
  expect(rowsOf(queue)).toEqual(["runner-1"]);
  await queue.pass(2 * DAY_MS);

  expect(queue.queue.job(ref.job)).toMatchObject({ state: "FAILURE" });
  expect(rowsOf(queue)).toEqual([]);
});

test("a line that only looks open is closed with it", async () => {
  const queue = openQueue();
  const dead = await aRunner(queue);
  dead.fallSilent();
  const other = await aRunner(queue, { id: "runner-2" });
  queue.loseLine(other.line);

  await queue.pass(GONE_SILENT_MS + DAY_MS);

  expect(rowsOf(queue)).toEqual([]);
  expect(dead.line.closed).toEqual({ code: 1000, reason: "not heard for long" });
});

test.each(["revoke", "dismiss"] as const)("the row that refuses after %s stays", async (verb) => {
  const queue = openQueue();
  const runner = await aRunner(queue);
  queue.loseLine(runner.line);
  queue.queue[verb]("runner-1");

  await queue.pass(GONE_SILENT_MS + DAY_MS);

  expect(rowsOf(queue)).toEqual(["runner-1"]);
});

test("many are looked at once a day, not one by one", async () => {
  const queue = openQueue();
  const runners = await Promise.all([1, 2, 3, 4].map((n) => aRunner(queue, { id: `runner-${n}` })));
  for (const runner of runners) {
    queue.loseLine(runner.line);
    await queue.pass(3_600_000);
  }

  await queue.pass(GONE_SILENT_MS - 4 * 3_600_000);
  expect(rowsOf(queue)).toHaveLength(3);
  await queue.pass(DAY_MS);

  expect(rowsOf(queue)).toEqual([]);
});
