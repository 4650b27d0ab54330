/** The queue's one alarm: it never throws, it is always set again, and tables are made once. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { JobQueue } from "../../../worker/index.ts";
import { alarmInMs, tellUcloud } from "../support/alarms.ts";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import { createJob, exited, shownJob, startOffered, takeOffer, tellFact } from "../support/job-life.ts";
import { queue, storedJobs } from "../support/queues.ts";
import { anEnrolledRunner, anOpenLine, aWelcomedLine } from "../support/runner-client.ts";
import { startUcloud, UPDATE } from "../support/ucloud-stand-in.ts";

function exec(statement: string): Promise<void> {
  return runInDurableObject(queue(), (_instance, { storage }) => void storage.sql.exec(statement));
}

test("a queue in which a job waits has an alarm for its user's sake, and no earlier one", async () => {
  await createJob();
  expect(await alarmInMs()).toBe(DEFAULT_TIMES.waitingLineMs);
});

test("while UCloud does not answer the alarm is set again within a growing bound, and the end is told at last", async () => {
  const ucloud = startUcloud();
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  await tellFact(line, await startOffered(line), exited());
  ucloud.answer(UPDATE, () => Response.json({}, { status: 503 }));
  advance(DEFAULT_TIMES.guardMs);
  for (let tries = 1; tries <= 12; tries++) {
    expect(await runDurableObjectAlarm(queue())).toBe(true);
    const inMs = (await alarmInMs()) ?? Number.POSITIVE_INFINITY;
    expect(inMs).toBeGreaterThan(0);
    expect(inMs).toBeLessThanOrEqual(Math.min(DEFAULT_TIMES.retryMaxMs, 1_000 * 2 ** tries) + 1);
    advance(inMs);
  }
  ucloud.answer(UPDATE, () => Response.json({}));
  await tellUcloud();
  expect(ucloud.told().at(-1)).toMatchObject({ state: "SUCCESS" });
  expect((await shownJob()).told).toBe("SUCCESS");
});

test("an alarm that fails is set again, and goes on where it was", async () => {
  const ucloud = startUcloud();
  await createJob();
  await startOffered(await aWelcomedLine(await anEnrolledRunner()));
  advance(DEFAULT_TIMES.guardMs);
  await exec("ALTER TABLE job RENAME TO hidden");
  expect(await runDurableObjectAlarm(queue())).toBe(true);
  expect(await alarmInMs()).toBe(30_000);
  await exec("ALTER TABLE hidden RENAME TO job");
  advance(30_000);
  await runDurableObjectAlarm(queue());
  expect(ucloud.told()).toMatchObject([{ state: "RUNNING" }]);
});

test("an offer that nobody answers is made again, under the next attempt", async () => {
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  const first = await takeOffer(line);
  expect(await alarmInMs()).toBe(DEFAULT_TIMES.offerMs);
  advance(DEFAULT_TIMES.offerMs);
  await runDurableObjectAlarm(queue());
  expect(await takeOffer(line)).toEqual({ ...first, attempt: 2 });
});

test("an open line that proves nothing has an alarm", async () => {
  await anOpenLine(await anEnrolledRunner());
  expect(await alarmInMs()).toBe(10_000);
});

test("the alarm outlives the object", async () => {
  await createJob();
  await takeOffer(await aWelcomedLine(await anEnrolledRunner()));
  await evict(queue(), { webSockets: "close" });
  expect(await alarmInMs()).toBe(DEFAULT_TIMES.offerMs);
});

test("a job that is over is removed a week later", async () => {
  await createJob();
  const line = await aWelcomedLine(await anEnrolledRunner());
  await tellFact(line, await startOffered(line), exited());
  await tellUcloud();
  advance(DEFAULT_TIMES.keepMs - 3 * DEFAULT_TIMES.answeredMs - 1);
  await runDurableObjectAlarm(queue());
  expect(await storedJobs()).toHaveLength(1);
  advance(1);
  await runDurableObjectAlarm(queue());
  expect(await storedJobs()).toEqual([]);
});

test("an object whose settings are wrong answers nothing but keeps its alarm", async () => {
  await runInDurableObject(queue(), async (_instance, state) => {
    const broken = new JobQueue(state, { ...env, UCLOUD_URL: "" });
    await expect(broken.summary()).rejects.toThrow();
    await broken.alarm();
  });
  expect(await alarmInMs()).toBe(60_000);
});

/** The rows of a table that says which steps were made. */
function stepsOf(stub: DurableObjectStub): Promise<unknown[]> {
  return runInDurableObject(stub, (_instance, { storage }) =>
    storage.sql.exec("SELECT * FROM migration ORDER BY step").toArray(),
  );
}

test("tables are made once, and what lies in them stays", async () => {
  await createJob();
  await anEnrolledRunner();
  const objects = [queue(), env.REGISTRY.getByName("registry")];
  const before = await Promise.all(objects.map(stepsOf));
  expect(before.map((steps) => steps.length)).toEqual([3, 5]);
  await Promise.all(objects.map((stub) => evict(stub)));
  expect(await Promise.all(objects.map(stepsOf))).toEqual(before);
  expect(await storedJobs()).toHaveLength(1);
});

test("a Registry of a gateway from before keeps its runners and can be told of drains", async () => {
  const { id } = await anEnrolledRunner();
  const registry = env.REGISTRY.getByName("registry");
  await runInDurableObject(registry, (_instance, { storage }) => {
    for (const [table, column] of [
      ["runner", "standing"],
      ["runner", "cidr"],
      ["code", "cidr"],
    ]) {
      storage.sql.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    }
    storage.sql.exec("DROP INDEX runner_key");
    for (const table of ["audit", "snapshot", "open_code", "code_use"]) {
      storage.sql.exec(`DROP TABLE ${table}`);
    }
    storage.sql.exec("DELETE FROM migration WHERE step >= 2");
  });
  await evict(registry);

  expect(await registry.runners()).toMatchObject([{ id, drained: null }]);
  const drain = { kind: "drain", reason: "new disks", by: "olga", until: null } as const;
  expect(await registry.decide(id, drain)).toMatchObject({ runner: { drained: { by: "olga" } }, open: [] });
});
