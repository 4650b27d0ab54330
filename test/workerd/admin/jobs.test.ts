/** `GET /admin/jobs…` and cancel: what an administrator sees of jobs, and what she never sees. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import * as z from "zod";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { advance } from "../support/clock.ts";
import { callAsAdmin, callAsCore, expectError } from "../support/gateway.ts";
import { createJob, startOffered } from "../support/job-life.ts";
import { queue, storedJobs } from "../support/queues.ts";
import { aJob, anotherCategorysJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, aWelcomedLine } from "../support/runner-client.ts";
import { startUcloud } from "../support/ucloud-stand-in.ts";

const pageSchema = z.strictObject({
  items: z.array(z.looseObject({ id: z.string(), category: z.string() })),
  next: z.string().nullable(),
});

async function page(query: string) {
  const response = await callAsAdmin(`/jobs${query}`);
  expect(response.status).toBe(200);
  return pageSchema.parse(await response.json());
}

const create = (...items: unknown[]) => callAsCore("/jobs", bulk(...items));

test("there are no jobs in the beginning", async () => {
  expect(await page("")).toEqual({ items: [], next: null });
});

test("a job is shown with what it waits for", async () => {
  await createJob();
  const [stored] = await storedJobs();
  expect((await page("")).items).toEqual([
    {
      id: "54112",
      category: "example-compute",
      incarnation: stored?.incarnation,
      state: "queued",
      attempt: 0,
      runner: null,
      told: null,
      waitsFor: "a runner: none is connected",
    },
  ]);
});

test.each([1, 2, 3, 5, 100])("pages of %d bring every job once", async (limit) => {
  const ours = ["1", "2", "3"].map((id) => aJob({ id }));
  const others = ["2", "4"].map((id) => anotherCategorysJob({ id }));
  await create(...ours, ...others);
  const seen: string[] = [];
  let next: string | null = "";
  for (let pages = 0; next !== null && pages < 10; pages++) {
    const cursor: string = next === "" ? "" : `&next=${encodeURIComponent(next)}`;
    const answer = await page(`?limit=${limit}${cursor}`);
    expect(answer.items.length).toBeLessThanOrEqual(limit);
    seen.push(...answer.items.map(({ id, category }) => `${category}/${id}`));
    next = answer.next;
  }
  expect(next).toBeNull();
  expect(seen).toEqual([
    "example-compute/1",
    "example-compute/2",
    "example-compute/3",
    "other-compute/2",
    "other-compute/4",
  ]);
});

test.each(["limit=0", "limit=1001", "limit=-1", "limit=1.5", "limit=many", "limit=", "next=elsewhere/1", "next=x"])(
  "?%s is refused",
  async (query) => {
    const why = await expectError(await callAsAdmin(`/jobs?${query}`), 400, "BAD_REQUEST");
    expect(why).toMatch(query.startsWith("limit") ? /^limit: / : /^next: /);
  },
);

test("a job's story is told without a value of its user", async () => {
  await createJob();
  const runner = await anEnrolledRunner();
  await startOffered(await aWelcomedLine(runner));
  const response = await callAsAdmin("/jobs/54112");
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({
    id: "54112",
    state: "running",
    attempt: 1,
    runner: runner.id,
    acceptedAt: Date.now(),
    createdAt: 1_633_329_776_235,
    product: "example-compute-1",
    workspace: "user:user",
    parameters: ["debug", "value"],
    waitsFor: "its own end",
    older: [],
    timeline: ["accepted", "offered", "claimed", "start granted", "running"].map((what) => ({ what })),
  });
  for (const value of ["Hello", "--debug", "acme-batch", "UCLOUD_JOB_ID"]) {
    expect(text).not.toContain(value);
  }
});

test("the incarnations before are listed under the newest, whatever their category", async () => {
  await create(anotherCategorysJob({ createdAt: 1 }));
  advance(1_000);
  await create(aJob({ createdAt: 2 }));
  advance(1_000);
  await create(aJob({ createdAt: 3 }));
  expect(await (await callAsAdmin("/jobs/54112")).json()).toMatchObject({
    category: "example-compute",
    createdAt: 3,
    state: "queued",
    older: [
      { category: "example-compute", state: "FAILURE" },
      { category: "other-compute", state: "queued" },
    ],
  });
});

test("a cancelled job is over, and its user reads why", async () => {
  const ucloud = startUcloud();
  await createJob();
  const cancel = () => callAsAdmin("/jobs/54112/cancel", { reason: "The node\nis needed" });
  const response = await cancel();
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ id: "54112", state: "SUCCESS" });
  expect((await cancel()).status).toBe(200);
  advance(DEFAULT_TIMES.guardMs);
  await runDurableObjectAlarm(queue());
  const status = "The job was cancelled by the site: The node is needed";
  expect(ucloud.told("54112")).toEqual([{ state: "SUCCESS", status, expectedDifferentState: true }]);
});

test("queues are counted, and what UCloud was not told is listed with its reason", async () => {
  await create(aJob({ id: "1" }), aJob({ id: "2" }));
  await callAsAdmin("/jobs/1/cancel", { reason: "x" });
  const nothing = {
    queued: 0,
    held: 0,
    active: 0,
    finished: 0,
    undelivered: 0,
    runners: 0,
    refreshRefusedSince: null,
    paused: null,
    restoredSince: null,
    // No machine is there.
    queueStatus: "BUSY",
    today: expect.objectContaining({ date: expect.any(String), rowsWritten: expect.any(Number) }),
    closing: false,
  };
  expect(await (await callAsAdmin("/queues")).json()).toEqual({
    items: [
      { ...nothing, name: "example-compute", queued: 1, finished: 1, undelivered: 1 },
      { ...nothing, name: "other-compute" },
    ],
  });
  advance(500);
  expect(await (await callAsAdmin("/undelivered")).json()).toEqual({
    items: [
      {
        id: "1",
        category: "example-compute",
        incarnation: expect.stringMatching(/^[0-9a-f]{16}$/),
        state: "SUCCESS",
        sinceMs: 500,
        tries: 0,
        why: expect.any(String),
      },
    ],
  });
});
