/** Draining a runner from the gateway: in all its categories, through restarts, until it is resumed. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { ROLE_TOKENS } from "../support/bindings.ts";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import { call, callAsAdmin, expectError } from "../support/gateway.ts";
import { createJob, startOffered } from "../support/job-life.ts";
import { CATEGORIES, queue } from "../support/queues.ts";
import { loseWordsTo, registry } from "../support/registry.ts";
import { anEnrolledRunner, anOpenLine, aWelcomedLine, type Runner } from "../support/runner-client.ts";

const REASON = "new disks";
const HOUR = 3_600_000;

const anAllRounder = () => anEnrolledRunner({ categories: CATEGORIES });
const otherJob = { "specification.product": { id: "other-compute-1", category: "other-compute", provider: "ucloud" } };

async function say(verb: "drain" | "resume", { id }: Runner, body: object = {}): Promise<unknown> {
  const response = await callAsAdmin(`/runners/${id}/${verb}`, { reason: REASON, ...body });
  expect(response.status).toBe(200);
  return response.json();
}

const shownSchema = z.object({ items: z.array(z.looseObject({ id: z.string(), drained: z.unknown() })) });

async function drainShown({ id }: Runner): Promise<unknown> {
  const { items } = shownSchema.parse(await (await callAsAdmin("/runners")).json());
  return items.find((runner) => runner.id === id)?.drained;
}

test("it hears of it in every category, gets no offers, and is shown with who, why and since when", async () => {
  const runner = await anAllRounder();
  const lines = await Promise.all(CATEGORIES.map((category) => aWelcomedLine(runner, category)));

  const drained = { reason: REASON, by: "admin", since: Date.now(), until: null };
  expect(await say("drain", runner)).toEqual({
    ...{ id: runner.id, name: "node-1", categories: CATEGORIES },
    ...{ drained, revoked: false, open: [] },
  });

  for (const line of lines) {
    expect(await line.next("drain")).toEqual({ type: "drain", reason: `by the site: ${REASON}` });
  }
  expect(await drainShown(runner)).toEqual(drained);
  await createJob();
  await createJob({ id: "2", ...otherJob });
  const other = await anEnrolledRunner({ name: "node-2", categories: CATEGORIES });
  for (const category of CATEGORIES) {
    await (await aWelcomedLine(other, category)).next("offer");
  }
});

test("what it runs goes on, and by `resume` it takes jobs again", async () => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  await createJob({ id: "1" });
  await startOffered(line);
  await say("drain", runner);
  await line.next("drain");
  await createJob({ id: "2" });

  expect(await say("resume", runner)).toMatchObject({ drained: null, open: [] });

  await line.next("undrain");
  expect((await line.next("offer")).ref.job).toBe("2");
  expect(await drainShown(runner)).toBeNull();
});

test("it survives that Registry and queue leave memory, and that the runner connects anew", async () => {
  const runner = await anEnrolledRunner();
  await say("drain", runner);
  await evict(registry());
  await evict(queue());

  const line = await aWelcomedLine(runner);
  await createJob();

  expect(await drainShown(runner)).toMatchObject({ reason: REASON });
  expect((await queue().job("54112"))?.waitsFor).toBe("its machines to take jobs again: all are drained");
  line.close();
});

test("a queue that was put back to a moment before it hears of it when the runner connects", async () => {
  const runner = await anEnrolledRunner();
  await say("drain", runner);
  await runInDurableObject(queue(), (_instance, { storage }) => storage.sql.exec("DELETE FROM runner").toArray());
  await evict(queue());

  const line = await anOpenLine(runner);
  await line.sayHello();

  expect((await line.next("welcome")).drained).toEqual({ reason: `by the site: ${REASON}` });
  await createJob();
  expect((await queue().job("54112"))?.state).toBe("queued");
});

test("enrolling again leaves it drained, in its new categories too", async () => {
  await say("drain", await anEnrolledRunner());
  const again = await anAllRounder();
  await runDurableObjectAlarm(registry());
  const line = await aWelcomedLine(again, "other-compute");
  await createJob(otherJob);
  expect((await queue("other-compute").job("54112"))?.state).toBe("queued");
  expect(await drainShown(again)).toMatchObject({ reason: REASON });
  line.close();
});

test.each([
  ["ms", (ms: number) => ms],
  ["ISO 8601", (ms: number) => new Date(ms).toISOString()],
])("with an end in %s it is over by itself", async (_name, written) => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  const until = Date.now() + HOUR;
  expect(await say("drain", runner, { until: written(until) })).toMatchObject({ drained: { until } });
  await line.next("drain");
  await createJob();

  advance(HOUR);
  expect(await drainShown(runner)).toBeNull();
  await runDurableObjectAlarm(queue());

  await line.next("undrain");
});

test("to drain twice keeps since when, and the newer reason and end hold", async () => {
  const runner = await anEnrolledRunner();
  const since = Date.now();
  await say("drain", runner, { until: since + HOUR });
  advance(1_000);

  await say("drain", runner, { reason: "new roof" });

  expect(await drainShown(runner)).toEqual({ reason: "new roof", by: "admin", since, until: null });
});

test("whose token it was is shown", async () => {
  const runner = await anEnrolledRunner();
  await call(`/admin/runners/${runner.id}/drain`, { token: ROLE_TOKENS.operate, body: { reason: REASON } });
  expect(await drainShown(runner)).toMatchObject({ by: "otto" });
});

test("a queue that cannot be reached is named, and told again until it has confirmed", async () => {
  const runner = await anAllRounder();
  const line = await aWelcomedLine(runner, "other-compute");
  loseWordsTo("other-compute");

  expect(await say("drain", runner)).toMatchObject({ open: ["other-compute"] });
  expect(await runDurableObjectAlarm(registry())).toBe(true);
  expect(await say("drain", runner)).toMatchObject({ open: ["other-compute"] });

  vi.restoreAllMocks();
  await evict(registry());
  expect(await runDurableObjectAlarm(registry())).toBe(true);
  await line.next("drain");
  expect(await runDurableObjectAlarm(registry())).toBe(false);
});

test.each([
  [{}, "reason"],
  [{ reason: " \n" }, "reason"],
  [{ reason: REASON, until: 1 }, "until"],
  [{ reason: REASON, until: "tomorrow" }, "until"],
  [{ reason: REASON, until: "2090-01-01T00:00:00" }, "until"],
  [{ reason: REASON, until: -1 }, "until"],
  [{ reason: REASON, until: Number.MAX_SAFE_INTEGER }, "until"],
  [{ reason: REASON, until: "9999-12-31T23:59:59Z" }, "until"],
  [{ reason: REASON, untill: 1 }, "untill"],
  [{ reason: REASON, before: 1 }, "before"],
  [{ reason: REASON, before: "9999-12-31T23:59:59Z" }, "before"],
  [{ reason: REASON, before: "2035-01-02T00:00:00Z", until: "2035-01-01T00:00:00Z" }, "until"],
])("%j is no drain", async (body, word) => {
  const runner = await anEnrolledRunner();
  expect(await expectError(await callAsAdmin(`/runners/${runner.id}/drain`, body), 400)).toContain(word);
  expect(await drainShown(runner)).toBeNull();
});

test.each([
  ["ms", (ms: number) => ms],
  ["ISO 8601", (ms: number) => new Date(ms).toISOString()],
])("before a moment in %s it is given what will be over, in all its categories", async (_name, written) => {
  const runner = await anAllRounder();
  const line = await aWelcomedLine(runner);
  const from = Date.now() + HOUR;

  expect(await say("drain", runner, { before: written(from) })).toMatchObject({ drained: { from, until: null } });

  expect(await line.next("drain")).toMatchObject({ inMs: expect.any(Number) });
  expect(await drainShown(runner)).toMatchObject({ from });
  await createJob();
  expect((await queue().job("54112"))?.waitsFor).toContain("all are drained from");
});
