/** What the platform puts on the bill: rows, and nothing for silence. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { JobQueue, Registry } from "../../../worker/index.ts";
import { tellUcloud } from "../support/alarms.ts";
import { advance } from "../support/clock.ts";
import { callAsCore } from "../support/gateway.ts";
import { exited, STARTED, tellFact } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { aJob, bulk } from "../support/requests.ts";
import { countRows } from "../support/row-count.ts";
import { anEnrolledRunner, aWelcomedLine, CATEGORY } from "../support/runner-client.ts";
import { startUcloud } from "../support/ucloud-stand-in.ts";

const MANY = 100;
const ROWS_EACH = 10;
/** With the first open job the queue notes when it compares and tells next; its meter of the day takes one in 500. */
const ROWS_OF_QUEUE = 1 + Math.ceil((MANY * ROWS_EACH) / 500);
/** For all of them together; each is set by a row. */
const ALARMS = 12;
const PINGS = (3 * 60_000) / DEFAULT_TIMES.pingMs;

/** Handlers of objects that were called since then. */
function watchCalls(): () => string[] {
  const spies = [JobQueue, Registry].flatMap(({ prototype }) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { value }]) => name !== "constructor" && typeof value === "function")
      .map(([name]) => ({ name, spy: vi.spyOn(prototype, name as "fetch").mockClear() })),
  );
  return () => spies.filter(({ spy }) => spy.mock.calls.length > 0).map(({ name }) => name);
}

/** A runner that the queue has said everything about. */
async function aSettledLine(cpu: number) {
  const line = await aWelcomedLine(await anEnrolledRunner(), CATEGORY, cpu);
  const report = vi.spyOn(Registry.prototype, "report").mockClear();
  advance(10_000);
  await runDurableObjectAlarm(queue());
  await vi.waitFor(() => expect(report).toHaveBeenCalled());
  report.mockRestore();
  return line;
}

/** Each by a call of its own, all at a time, and the queue has heard that the answers have left. */
async function createMany(count: number): Promise<void> {
  const answered = vi.spyOn(JobQueue.prototype, "answered");
  const ids = Array.from({ length: count }, (_, n) => String(1000 + n));
  const answers = await Promise.all(ids.map((id) => callAsCore("/jobs", bulk(aJob({ id })))));
  await Promise.all(answers.map((answer) => answer.text()));
  const heard = () => answered.mock.calls.reduce((sum, [jobs]) => sum + jobs.length, 0);
  await vi.waitFor(() => expect(heard()).toBe(count), { timeout: 10_000 });
}

test(`of ${MANY} jobs at a time each writes at most ${ROWS_EACH} rows`, async () => {
  startUcloud();
  const line = await aSettledLine(MANY);
  const written = await countRows();
  await createMany(MANY);
  const refs = [];
  for (let n = 0; n < MANY; n++) {
    refs.push((await line.next("offer")).ref);
  }
  for (const ref of refs) {
    line.send({ type: "accept", ref, ready: true });
    await line.next("go");
    await tellFact(line, ref, STARTED);
  }
  await tellUcloud();
  for (const ref of refs) {
    await tellFact(line, ref, exited());
  }
  await tellUcloud();
  const { rows, alarms } = written();
  expect(rows).toBeLessThanOrEqual(MANY * ROWS_EACH + ROWS_OF_QUEUE);
  expect(alarms).toBeLessThanOrEqual(ALARMS);
}, 60_000);

test("three minutes of an idle runner's pings wake no object, write no row and arm no alarm", async () => {
  const line = await aSettledLine(1);
  const called = watchCalls();
  const written = await countRows();
  for (let ping = 0; ping < PINGS; ping++) {
    advance(DEFAULT_TIMES.pingMs);
    line.sendRaw("ping");
    expect(await line.nextText()).toBe("pong");
  }
  expect(called()).toEqual([]);
  expect(written()).toEqual({ rows: 0, alarms: 0 });
  expect(await runInDurableObject(queue(), (_instance, { storage }) => storage.getAlarm())).toBeNull();
});
