/** What else UCloud/Core calls: polls that touch no object, and JSON errors for everything that does not exist. */
import { evictDurableObject, listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { PRODUCTS } from "../support/bindings.ts";
import { advance } from "../support/clock.ts";
import { coreToken } from "../support/core-tokens.ts";
import { evict } from "../support/evictions.ts";
import { call, callAsCore, callWith, expectError } from "../support/gateway.ts";
import { CATEGORIES, queue } from "../support/queues.ts";
import { aJob, bulk } from "../support/requests.ts";

const OTHERS = ["files/collections", "ingresses", "networkips", "licenses", "private-networks", "shares"];
const POLLS = [
  "/jobs/retrieveProducts",
  ...OTHERS.map((kind) => `/${kind}/retrieveProducts`),
  "/integration/retrieveManifest",
  "/provider/branding/retrieveInfo",
];

async function read(path: string): Promise<unknown> {
  const response = await callAsCore(path);
  expect(response.status).toBe(200);
  return response.json();
}

function support(queueStatus: string) {
  const docker = { enabled: true, web: false, vnc: false, logs: true, terminal: false, peers: false };
  return {
    responses: PRODUCTS.map(({ name, category }) => ({
      product: { id: name, category, provider: "ucloud" },
      docker: { ...docker, timeExtension: true, utilization: true },
      virtualMachine: { enabled: false, suspension: false },
      native: { enabled: false },
      queueStatus: category === "example-compute" ? queueStatus : "AVAILABLE",
    })),
  };
}

test("every product is offered with what works, and nothing that does not", async () => {
  // What other files left in the isolate is no news any more.
  advance(60_000);
  expect(await read("/jobs/retrieveProducts")).toEqual(support("AVAILABLE"));
});

test("a machine type with ten waiting jobs is busy, for as long as that is news", async () => {
  await callAsCore("/jobs", bulk(...Array.from({ length: 10 }, (_, index) => aJob({ id: `${index}` }))));
  expect(await read("/jobs/retrieveProducts")).toEqual(support("BUSY"));
  advance(60_000);
  expect(await read("/jobs/retrieveProducts")).toEqual(support("AVAILABLE"));
});

test.each(OTHERS)("there is no product among %s", async (kind) => {
  expect(await read(`/${kind}/retrieveProducts`)).toEqual({ responses: [] });
});

test("no user has to be connected", async () => {
  expect(await read("/integration/retrieveManifest")).toEqual({ enabled: false, expireAfterMs: null });
  const response = await callAsCore("/integration/init", {});
  expect([response.status, await response.json()]).toEqual([200, {}]);
});

test("the branding names the provider and describes each category once", async () => {
  const section = { description: "", image: null };
  expect(await read("/provider/branding/retrieveInfo")).toMatchObject({
    id: "ucloud",
    title: "ucloud",
    productDescription: CATEGORIES.map((category) => ({ category, section })),
  });
});

test("polls touch no object", async () => {
  // Of a category that no other test knows: a late word of one of them could wake its queue.
  const PRODUCTS = JSON.stringify([{ name: "silent-1", category: "silent", cpu: 1, memoryInGigs: 1, price: 1 }]);
  const objects = [queue("silent"), env.REGISTRY.getByName("registry"), env.REGISTRY.getByName("jurisdiction")];
  // Those of an earlier test may be running still.
  await Promise.allSettled(objects.map((object) => evict(object)));
  const before = await listDurableObjectIds(env.JOB_QUEUE);
  for (const path of POLLS) {
    const response = await callWith({ PRODUCTS }, `/ucloud/ucloud${path}`, { token: await coreToken() });
    expect(response.status).toBe(200);
  }
  expect(await listDurableObjectIds(env.JOB_QUEUE)).toHaveLength(before.length);
  for (const object of objects) {
    await expect(evictDurableObject(object)).rejects.toThrow("not currently running");
  }
});

const known = ["/jobs", "/jobs/terminate", ...POLLS, "/integration/init"];

test.each(known)("%s needs UCloud's token", async (path) => {
  await expectError(await call(`/ucloud/ucloud${path}`), 401, "UNAUTHORIZED");
  await expectError(await call(`/ucloud/ucloud${path}`, { body: {} }), 401, "UNAUTHORIZED");
});

test.each([
  ["GET", "/jobs"],
  ["PUT", "/jobs"],
  ["DELETE", "/jobs"],
  ["DELETE", "/jobs/retrieveProducts"],
  ["POST", "/jobs/retrieveProducts"],
  ["POST", "/jobs/explode"],
  ["GET", "/jobs/terminate"],
  ["POST", "/jobs/terminate/54112"],
  ["GET", "/"],
  ["POST", "/integration/nothing"],
])("%s %s does not exist", async (method, path) => {
  const token = await coreToken();
  await expectError(await call(`/ucloud/ucloud${path}`, { method, token }), 404, "NOT_FOUND");
});

test.each(["/", "/ucloud/other/jobs/retrieveProducts", "/ucloud", "/favicon.ico", "/runner/v2/connect"])(
  "%s does not exist for anybody",
  async (path) => {
    await expectError(await call(path), 404, "NOT_FOUND");
    await expectError(await call(path, { token: await coreToken(), body: {} }), 404, "NOT_FOUND");
  },
);
