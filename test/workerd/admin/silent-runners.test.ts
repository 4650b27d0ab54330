/** Runners that were not heard for a month leave the list, and are back as soon as they connect. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { GONE_SILENT_MS } from "../../../worker/queue/gone-silent.ts";
import { advance } from "../support/clock.ts";
import { callAsAdmin, expectError } from "../support/gateway.ts";
import { createJob, startOffered } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";

const listSchema = z.object({ items: z.array(z.looseObject({ id: z.string(), connected: z.boolean() })) });

async function listed(query = ""): Promise<string[]> {
  const { items } = listSchema.parse(await (await callAsAdmin(`/runners${query}`)).json());
  return items.map(({ id }) => id);
}

async function gone(): Promise<void> {
  await vi.waitFor(async () => {
    const { items } = listSchema.parse(await (await callAsAdmin("/runners")).json());
    expect(items.some(({ connected }) => connected)).toBe(false);
  });
}

test("one is off the list a month after its last word, before and after its queue forgot it, and its id stays", async () => {
  const runner = await anEnrolledRunner();
  advance(1_000);
  (await aWelcomedLine(runner)).close();
  await gone();

  advance(GONE_SILENT_MS - 1);
  expect(await listed()).toEqual([runner.id]);
  advance(1);
  expect(await listed()).toEqual([]);
  expect(await listed("?silent=all")).toEqual([runner.id]);
  await runDurableObjectAlarm(queue());
  expect(await queue().runners()).toEqual([]);
  expect([await listed(), await listed("?silent=all")]).toEqual([[], [runner.id]]);

  const line = await aWelcomedLine(runner);
  expect(await listed()).toEqual([runner.id]);
  line.close();
});

test("one that never came is on the list for a month, and when it is enrolled again", async () => {
  const { id } = await anEnrolledRunner();
  advance(GONE_SILENT_MS - 1);
  expect(await listed()).toEqual([id]);
  advance(1);
  expect(await listed()).toEqual([]);
  expect((await anEnrolledRunner()).id).toBe(id);
  expect(await listed()).toEqual([id]);
});

test("a drain of before holds for one that comes back", async () => {
  const runner = await anEnrolledRunner();
  (await aWelcomedLine(runner)).close();
  await gone();
  await callAsAdmin(`/runners/${runner.id}/drain`, { reason: "broken fan" });
  advance(GONE_SILENT_MS);
  await runDurableObjectAlarm(queue());
  expect(await queue().runners()).toEqual([]);

  const line = await aWelcomedLine(runner);
  await createJob();
  expect(await (await callAsAdmin("/runners")).json()).toMatchObject({
    items: [{ drained: { reason: "broken fan" } }],
  });
  expect(await queue().job("54112")).toMatchObject({ waitsFor: expect.stringContaining("all are drained") });
  line.close();
});

test("one with a job stays, and so does one that was revoked", async () => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  await createJob();
  await startOffered(line);
  line.close();
  await gone();
  const revoked = await anEnrolledRunner({ name: "node-2" });
  await callAsAdmin(`/runners/${revoked.id}/revoke`, { reason: "sold" });
  advance(GONE_SILENT_MS);
  expect(await listed()).toEqual([runner.id, revoked.id]);
});

test.each(["", "none", "all,all"])("silent=%s is no way to ask", async (silent) => {
  expect(await expectError(await callAsAdmin(`/runners?silent=${silent}`), 400)).toMatch(/^silent: /);
});
