/** `POST jobs/terminate` as UCloud/Core sends it; what becomes of a job in each of its phases is the queue's matter. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { DEFAULT_TIMES } from "../../../shared/times.ts";
import { advance } from "../support/clock.ts";
import { callAsCore, expectError } from "../support/gateway.ts";
import { allStoredJobs, queue, storedJobs } from "../support/queues.ts";
import { aJob, anotherCategorysJob, bulk, type Changes } from "../support/requests.ts";
import { startUcloud } from "../support/ucloud-stand-in.ts";

const CANCELLED = { state: "SUCCESS", status: "The job was cancelled.", expectedDifferentState: true };
const terminate = (...items: unknown[]) => callAsCore("/jobs/terminate", bulk(...items));

async function expectTaken(response: Response, count = 1): Promise<void> {
  expect(await response.text()).toBe(JSON.stringify({ responses: new Array(count).fill({}) }));
  expect(response.status).toBe(200);
}

test("a waiting job is over at once", async () => {
  await callAsCore("/jobs", bulk(aJob()));
  await expectTaken(await terminate(aJob()));
  expect(await storedJobs()).toMatchObject([{ id: "54112", state: "done", plan: null }]);
});

test("an unknown job is over before its create arrives, and UCloud is told so once", async () => {
  const ucloud = startUcloud();
  await expectTaken(await terminate(aJob()));
  advance(DEFAULT_TIMES.guardMs);
  await runDurableObjectAlarm(queue());
  expect(ucloud.told("54112")).toEqual([CANCELLED]);

  expect((await callAsCore("/jobs", bulk(aJob()))).status).toBe(200);
  expect(await storedJobs()).toMatchObject([{ id: "54112", state: "done" }]);
  advance(DEFAULT_TIMES.answeredMs);
  await runDurableObjectAlarm(queue());
  expect(ucloud.told("54112")).toHaveLength(1);
});

test("it is no matter of the job whether it could be run here", async () => {
  const needed = ["id", "createdAt", "owner", "specification"];
  const broken: Changes = { status: null, "specification.replicas": 0, "specification.application": null };
  await expectTaken(await terminate(aJob(broken)));
  const job = aJob();
  const bare = Object.fromEntries(Object.entries(job ?? {}).filter(([key]) => needed.includes(key)));
  await expectTaken(await terminate(bare));
  expect(await allStoredJobs()).toHaveLength(1);
});

test("a late word about a replaced job leaves its successor alone", async () => {
  await callAsCore("/jobs", bulk(aJob({ createdAt: 2_000_000_000_000 })));
  await expectTaken(await terminate(aJob()));
  expect(await storedJobs()).toMatchObject([{ state: "queued" }]);
});

test("jobs of several categories may be ended together, and again", async () => {
  await callAsCore("/jobs", bulk(aJob(), anotherCategorysJob()));
  for (const _time of [1, 2]) {
    await expectTaken(await terminate(aJob(), anotherCategorysJob(), aJob({ id: "unknown" })), 3);
    expect((await allStoredJobs()).map(({ state }) => state)).toEqual(["done", "done", "done"]);
  }
});

test("no jobs are ended by a call without jobs", async () => {
  await expectTaken(await callAsCore("/jobs/terminate", {}), 0);
});

const SECRET = "s3cr3t";
const malformed: [string, Changes, string][] = [
  ["an unknown category", { "specification.product.category": SECRET }, "specification.product.category"],
  ["no product", { "specification.product": null }, "specification.product"],
  ["an id with a slash", { id: `../${SECRET}` }, "id"],
  ["no owner", { owner: undefined }, "owner"],
  ["a creation time that is a text", { createdAt: SECRET }, "createdAt"],
];

test.each(malformed)("%s is refused, and nothing of the call is done", async (_name, changes, field) => {
  await callAsCore("/jobs", bulk(aJob()));
  const why = await expectError(await terminate(aJob(), aJob({ id: "2", ...changes })), 400, "BAD_REQUEST");
  expect(why.startsWith(`items[1].${field}: `)).toBe(true);
  expect(why).not.toContain(SECRET);
  expect(await allStoredJobs()).toMatchObject([{ id: "54112", state: "queued" }]);
});

test.each([
  ["no JSON", "{", "not JSON"],
  ["an empty body", "", "empty"],
  ["items that are no list", '{"items":1}', "items: "],
])("%s is refused", async (_name, body, word) => {
  expect(await expectError(await callAsCore("/jobs/terminate", body), 400)).toContain(word);
});
