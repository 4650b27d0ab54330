/** `POST /admin/jobs/{id}/cancel` where several queues know the id. */
import { expect, test } from "vitest";
import { advance } from "../support/clock.ts";
import { callAsAdmin, callAsCore, expectError } from "../support/gateway.ts";
import { storedJobs } from "../support/queues.ts";
import { aJob, anotherCategorysJob, bulk } from "../support/requests.ts";

const cancel = () => callAsAdmin("/jobs/54112/cancel", { reason: "The site closes" });
const create = (job: unknown) => callAsCore("/jobs", bulk(job));

type Category = "example-compute" | "other-compute";
const jobOf = (category: Category, createdAt: number) =>
  category === "example-compute" ? aJob({ createdAt }) : anotherCategorysJob({ createdAt });

const ORDERS: { first: Category; second: Category }[] = [
  { first: "example-compute", second: "other-compute" },
  { first: "other-compute", second: "example-compute" },
];

test.each(ORDERS)("the newest job is cancelled: in $second after $first", async ({ first, second }) => {
  await create(jobOf(first, 1));
  advance(1_000);
  await create(jobOf(second, 2));

  const response = await cancel();

  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ id: "54112", category: second, state: "SUCCESS" });
  expect(await storedJobs(second)).toMatchObject([{ state: "done" }]);
  expect(await storedJobs(first)).toMatchObject([{ state: "queued" }]);
});

test("one that is over in a category before does not stand for the newest", async () => {
  await create(jobOf("example-compute", 1));
  await callAsCore("/jobs/terminate", bulk(jobOf("example-compute", 1)));
  advance(1_000);
  await create(jobOf("other-compute", 2));

  expect(await (await cancel()).json()).toMatchObject({ category: "other-compute", state: "SUCCESS" });
  expect(await storedJobs("other-compute")).toMatchObject([{ state: "done" }]);
});

test("an id that no queue knows is not found", async () => {
  await expectError(await cancel(), 404, "NOT_FOUND");
});
