/** What `POST jobs` stores: each job once, at once with all of its call, or not at all. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { JobQueue } from "../../../worker/index.ts";
import { advance } from "../support/clock.ts";
import { callAsCore, expectError } from "../support/gateway.ts";
import { allStoredJobs, queue, refuseRefreshSince, storedJobs } from "../support/queues.ts";
import { aJob, anotherCategorysJob, bulk, RECORDED } from "../support/requests.ts";

const ARGV = ["acme-batch", "--debug", "true", "Hello, World!"];
const create = (...items: unknown[]) => callAsCore("/jobs", bulk(...items));

async function expectStored(response: Response, count = 1): Promise<void> {
  expect(await response.text()).toBe(JSON.stringify({ responses: new Array(count).fill(null) }));
  expect(response.status).toBe(200);
}

function argvOf(plan: string | null | undefined): unknown {
  return JSON.parse(plan ?? "{}").argv;
}

test.each(["seed", "today"] as const)("the recorded create of %s is stored as it came", async (name) => {
  const response = await callAsCore("/jobs", RECORDED[name]);
  expect(response.headers.get("Content-Type")).toBe("application/json");
  await expectStored(response);
  const [job, ...others] = await allStoredJobs();
  expect(job).toMatchObject({ id: "54112", state: "queued", mute: false });
  expect(argvOf(job?.plan)).toEqual(ARGV);
  expect(others).toEqual([]);
});

test("an application with its own environment is stored with it", async () => {
  await expectStored(await callAsCore("/jobs", RECORDED.v1));
  expect(await allStoredJobs()).toMatchObject([{ id: "5", state: "queued" }]);
});

test.each([["{}"], ['{"items":null}'], ['{"items":[]}']])("%s is a call without jobs", async (body) => {
  await expectStored(await callAsCore("/jobs", body), 0);
  expect(await allStoredJobs()).toEqual([]);
});

test("a repeated create is answered alike and stored once", async () => {
  await expectStored(await create(aJob()));
  const before = await allStoredJobs();
  // The same job, whatever else of it has changed meanwhile.
  await expectStored(await create(aJob({ "specification.name": "renamed", "status.state": "RUNNING" })));
  expect(await allStoredJobs()).toEqual(before);
});

test("the same job twice in one call is stored once", async () => {
  await expectStored(await create(aJob(), aJob()), 2);
  expect(await allStoredJobs()).toHaveLength(1);
});

test.each([
  ["createdAt", { createdAt: 1_633_329_776_236 }],
  ["user", { "owner.createdBy": "somebody" }],
  ["project", { "owner.project": "a-project" }],
])("an id that comes again with another %s is another job", async (_what, changes) => {
  await create(aJob());
  const [first] = await allStoredJobs();
  advance(1_000);
  await expectStored(await create(aJob(changes)));
  const [old, fresh] = await allStoredJobs();
  expect(old).toMatchObject({ incarnation: first?.incarnation, state: "done", mute: true, plan: null });
  expect(fresh).toMatchObject({ id: "54112", state: "queued", mute: false });
  expect(fresh?.incarnation).not.toBe(first?.incarnation);
});

test("jobs of two categories go into two queues and wait for nothing", async () => {
  await expectStored(await create(aJob(), anotherCategorysJob(), aJob({ id: "3" })), 3);
  expect(await storedJobs("example-compute")).toMatchObject([{ id: "3", state: "queued" }, { id: "54112" }]);
  expect(await storedJobs("other-compute")).toMatchObject([{ id: "54112", state: "queued" }]);
});

test("what one queue stored is discarded when another refuses, and a repeat stores everything", async () => {
  await refuseRefreshSince(Date.now() - 600_000, "other-compute");
  const jobs = [aJob(), anotherCategorysJob()];
  const why = await expectError(await create(...jobs), 503, "REFRESH_REFUSED");
  expect(why).toMatch(/^items\[1\]: /);
  expect(await storedJobs("example-compute")).toMatchObject([{ state: "held" }]);
  expect(await storedJobs("other-compute")).toEqual([]);

  advance(DEFAULT_TIMES.holdMs);
  expect(await runDurableObjectAlarm(queue("example-compute"))).toBe(true);
  expect(await allStoredJobs()).toEqual([]);

  await refuseRefreshSince(Date.now(), "other-compute");
  await expectStored(await create(...jobs), 2);
  expect(await allStoredJobs()).toMatchObject([{ state: "queued" }, { state: "queued" }]);
});

test("a repeat before the end of the hold stores everything too", async () => {
  await refuseRefreshSince(Date.now() - 600_000, "other-compute");
  const jobs = [aJob(), anotherCategorysJob()];
  await expectError(await create(...jobs), 503);
  await refuseRefreshSince(Date.now(), "other-compute");
  advance(DEFAULT_TIMES.holdMs - 1);
  await expectStored(await create(...jobs), 2);
  advance(1);
  await runDurableObjectAlarm(queue("example-compute"));
  expect(await allStoredJobs()).toMatchObject([{ state: "queued" }, { state: "queued" }]);
});

test("a hold that has ended cannot be released, and the call is to be repeated", async () => {
  vi.spyOn(JobQueue.prototype, "release").mockResolvedValueOnce(false);
  await expectError(await create(aJob(), anotherCategorysJob()), 503, "UNAVAILABLE");
});

test("a queue that cannot store is a moment's trouble: the call is to be repeated", async () => {
  vi.spyOn(JobQueue.prototype, "create").mockRejectedValueOnce(new Error("the disk takes no writes"));
  const why = await expectError(await create(aJob()), 503, "UNAVAILABLE");
  expect(why).not.toContain("disk");
  await expectStored(await create(aJob()));
});

test.each([
  [599_999, 200],
  [600_000, 503],
])("when the refresh token is refused for %d ms, a create is answered %d", async (sinceMs, status) => {
  await refuseRefreshSince(Date.now() - sinceMs);
  const response = await create(aJob());
  expect(response.status).toBe(status);
  expect(await allStoredJobs()).toHaveLength(status === 200 ? 1 : 0);
});

test("each queue hears that the answer has left, of all its jobs at once", async () => {
  const answered = vi.spyOn(JobQueue.prototype, "answered");
  await (await create(aJob({ id: "first" }), aJob({ id: "second" }), anotherCategorysJob({ id: "third" }))).text();
  const identity = { createdAt: 1_633_329_776_235, owner: { createdBy: "user", project: null } };
  const of = (...ids: string[]) => ids.map((id) => expect.objectContaining({ id, ...identity }));
  await vi.waitFor(() => {
    // Words of earlier calls may travel along.
    expect(answered).toHaveBeenCalledWith(expect.arrayContaining(of("first", "second")));
    expect(answered).toHaveBeenCalledWith(expect.arrayContaining(of("third")));
  });
});
