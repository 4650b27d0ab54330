/** A category that has left `PRODUCTS`: no creates, but its runners connect, and its jobs are seen and can be ended. */
import { expect, test } from "vitest";
import { SUBPROTOCOL } from "../../../shared/proof.ts";
import { ADMIN_TOKENS } from "../support/bindings.ts";
import { coreToken } from "../support/core-tokens.ts";
import { callWith, expectError } from "../support/gateway.ts";
import { createJob, shownJob } from "../support/job-life.ts";
import { aJob, bulk } from "../support/requests.ts";
import { anEnrolledRunner, CATEGORY, upgradeToken } from "../support/runner-client.ts";
import { startUcloud } from "../support/ucloud-stand-in.ts";

const product = { name: "other-compute-1", category: "other-compute", cpu: 1, memoryInGigs: 2, price: 1 };
const WITHOUT = { PRODUCTS: JSON.stringify([product]) };
const admin = (path: string, body?: unknown) =>
  callWith(WITHOUT, `/admin${path}`, { token: ADMIN_TOKENS[0] ?? null, body });
const core = async (path: string, body: unknown) =>
  callWith(WITHOUT, `/ucloud/ucloud${path}`, { token: await coreToken(), body });

function connect(token: string, category: string): Promise<Response> {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": SUBPROTOCOL };
  return callWith(WITHOUT, `/runner/v1/connect?category=${category}`, { token, headers });
}

test("its runners connect, and those of a category that nobody was ever enrolled for do not", async () => {
  const runner = await anEnrolledRunner();
  expect((await connect(await upgradeToken(runner), CATEGORY)).status).toBe(101);
  const elsewhere = await upgradeToken(runner, { category: "elsewhere" });
  await expectError(await connect(elsewhere, "elsewhere"), 404, "NOT_FOUND");
});

test("its jobs are shown and ended, its queue is marked, and nothing new is taken", async () => {
  startUcloud();
  await anEnrolledRunner();
  await createJob();
  const { id } = await shownJob();

  expect(await (await admin(`/jobs/${id}`)).json()).toMatchObject({ id });
  const { items } = await (await admin("/queues")).json<{ items: unknown[] }>();
  expect(items).toMatchObject([
    { name: "other-compute", closing: false },
    { name: CATEGORY, closing: true, queued: expect.any(Number) },
  ]);
  await expectError(await core("/jobs", bulk(aJob({ id: "99" }))), 400, "BAD_REQUEST");
  expect((await core("/jobs/terminate", bulk(aJob()))).status).toBe(200);
  expect(await (await admin(`/jobs/${id}`)).json()).toMatchObject({ state: "SUCCESS" });
});

test("it stays known when its runners are enrolled for others", async () => {
  await anEnrolledRunner();
  await anEnrolledRunner({ categories: ["other-compute"] });

  const { items } = await (await admin("/queues")).json<{ items: { name: string }[] }>();
  expect(items.map(({ name }) => name)).toEqual(["other-compute", CATEGORY]);
});
