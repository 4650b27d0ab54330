/** The verbs of jobs and queues over the admin API. */
import { expect, test } from "vitest";
import * as z from "zod";
import { tellUcloud } from "../support/alarms.ts";
import { ROLE_TOKENS } from "../support/bindings.ts";
import { advance } from "../support/clock.ts";
import { evict } from "../support/evictions.ts";
import { call, callAsAdmin, callAsCore, expectError } from "../support/gateway.ts";
import { createJob, exited, shownJob, startOffered, tellFact } from "../support/job-life.ts";
import { queue } from "../support/queues.ts";
import { aJob, anotherCategorysJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";
import { RETRIEVE, startUcloud } from "../support/ucloud-stand-in.ts";

const use = z.object({ requests: z.number(), rowsRead: z.number(), rowsWritten: z.number() });
const dayUse = z.object({ today: use });
const REASON = "it eats the disk";
const decide = (verb: string, id = "54112") => callAsAdmin(`/jobs/${id}/${verb}`, { reason: REASON });

test("a running job is failed with a reason that its user reads, and its machine is told to stop it", async () => {
  const ucloud = startUcloud();
  const line = await aWelcomedLine(await anEnrolledRunner());
  await createJob();
  const ref = await startOffered(line);

  const response = await decide("fail");

  expect([response.status, await response.json()]).toMatchObject([200, { id: "54112", state: "FAILURE" }]);
  expect(await line.next("cancel")).toEqual({ type: "cancel", ref });
  await tellUcloud();
  const status = "The job was ended by the site: it eats the disk";
  expect(ucloud.told("54112").at(-1)).toEqual({ state: "FAILURE", status, expectedDifferentState: true });
});

test("the newest job of an id is meant, whatever its category", async () => {
  await callAsCore("/jobs", bulk(aJob({ createdAt: 1 })));
  advance(1_000);
  await callAsCore("/jobs", bulk(anotherCategorysJob({ createdAt: 2 })));
  expect(await (await decide("fail")).json()).toMatchObject({ category: "other-compute", state: "FAILURE" });
  expect((await queue().job("54112"))?.state).toBe("queued");
});

test("an end is told again on order, and let be on order", async () => {
  const ucloud = startUcloud();
  const line = await aWelcomedLine(await anEnrolledRunner());
  await createJob();
  const ref = await startOffered(line);
  await tellFact(line, ref, exited());
  await tellUcloud();
  const end = ucloud.told("54112").at(-1);

  const told = ucloud.told("54112").length;
  ucloud.answer(RETRIEVE, () => Response.json(aJob()));

  expect((await decide("resend")).status).toBe(200);
  await tellUcloud();
  expect(ucloud.told("54112").slice(told)).toEqual([end]);
  expect((await decide("resend")).status).toBe(200);
  expect((await decide("discard")).status).toBe(200);
  await tellUcloud();
  expect(ucloud.told("54112").slice(told)).toEqual([end]);
  expect(await shownJob()).toMatchObject({ state: "SUCCESS", waitsFor: null });
});

test("an end is not told to another job that has got the id since", async () => {
  const ucloud = startUcloud();
  await createJob();
  await decide("fail");
  await tellUcloud();
  const told = ucloud.told("54112").length;
  ucloud.answer(RETRIEVE, () => Response.json(aJob({ createdAt: 1 })));

  await decide("resend");
  await tellUcloud();

  expect(told).toBe(1);
  expect(ucloud.told("54112")).toHaveLength(1);
});

test.each(["resend", "discard"])("%s: a job that is not over has no end", async (verb) => {
  await createJob();
  expect(await expectError(await decide(verb), 409, "CONFLICT")).toContain("not over");
});

test.each(["cancel", "fail", "resend", "discard"])("%s needs a reason, and a job", async (verb) => {
  await createJob();
  expect(await expectError(await callAsAdmin(`/jobs/54112/${verb}`, {}), 400)).toContain("reason");
  await expectError(await decide(verb, "99"), 404, "NOT_FOUND");
  await expectError(await decide(verb, "..%2Fetc"), 404, "NOT_FOUND");
});

const pauseOf = async () => (await queue().summary()).paused;

test("a paused queue takes creates and offers nothing, until it is resumed; both are shown", async () => {
  const line = await aWelcomedLine(await anEnrolledRunner());
  const paused = { reason: "storage moves", by: "otto", since: Date.now() };

  const body = { reason: paused.reason };
  const response = await call("/admin/queues/example-compute/pause", { token: ROLE_TOKENS.operate, body });
  expect([response.status, await response.json()]).toMatchObject([200, { name: "example-compute", paused }]);
  await evict(queue());
  await createJob();

  expect(await (await callAsAdmin("/queues")).json()).toMatchObject({ items: [{ paused }, { paused: null }] });
  expect(await shownJob()).toMatchObject({ state: "queued", waitsFor: "its queue to be resumed: it is paused" });
  const resumed = await call("/admin/queues/example-compute/resume", { method: "POST", token: ROLE_TOKENS.operate });
  expect([resumed.status, await resumed.json()]).toMatchObject([200, { paused: null }]);
  await line.next("offer");
});

test("a pause needs no reason, but says what is wrong with one that is none", async () => {
  const token = ROLE_TOKENS.operate;
  const path = "/admin/queues/example-compute/pause";
  for (const body of [undefined, {}, { reason: null }]) {
    expect((await call(path, { method: "POST", token, ...(body === undefined ? {} : { body }) })).status).toBe(200);
    expect(await pauseOf()).toMatchObject({ reason: null });
  }
  for (const body of [{ reason: 1 }, { reason: "x", until: 1 }, "no JSON"]) {
    await expectError(await call(path, { token, body }), 400, "BAD_REQUEST");
  }
});

test.each(["pause", "resume", "reconcile"])("%s: a queue that we do not have is unknown", async (verb) => {
  await expectError(await callAsAdmin(`/queues/no-such/${verb}`, { reason: "x" }), 404, "NOT_FOUND");
});

test("UCloud reads of a paused queue that jobs wait there, until it is resumed; the day's use stands beside it", async () => {
  await aWelcomedLine(await anEnrolledRunner());
  const shown = async () => {
    const { responses } = z
      .object({
        responses: z.array(z.object({ product: z.object({ category: z.string() }), queueStatus: z.string() })),
      })
      .parse(await (await callAsCore("/jobs/retrieveProducts")).json());
    return responses.find(({ product }) => product.category === "example-compute")?.queueStatus;
  };

  const paused = await (await callAsAdmin("/queues/example-compute/pause", {})).json();
  expect(paused).toMatchObject({ queueStatus: "BUSY", today: { date: expect.stringMatching(/^\d{4}-/) } });
  expect(await shown()).toBe("BUSY");
  const resumed = dayUse.parse(await (await callAsAdmin("/queues/example-compute/resume", {})).json());
  expect(await shown()).toBe("AVAILABLE");
  expect(resumed.today.requests).toBeGreaterThan(2);
  expect(resumed.today.rowsWritten).toBeGreaterThan(0);
  expect(resumed.today.rowsRead).toBeGreaterThan(0);
});
