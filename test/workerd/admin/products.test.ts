/** Products are registered with UCloud by an administrator's call and by the clock, in the shape that leaves it alive. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import worker from "../../../worker/index.ts";
import { PRODUCTS } from "../support/bindings.ts";
import { callAsAdmin, callWith, expectError } from "../support/gateway.ts";
import { ACCESS_TOKEN, REFRESH, startUcloud } from "../support/ucloud-stand-in.ts";

const REGISTER = "/api/products/v2";

test("an administrator registers the products and reads what UCloud answered", async () => {
  const ucloud = startUcloud();
  ucloud.answer(REGISTER, () => Response.json({ responses: [] }));
  const response = await callAsAdmin("/products/register", {});
  expect([response.status, await response.json()]).toEqual([200, { status: 200, answer: { responses: [] } }]);

  const [asked] = ucloud.asked.filter(({ path }) => path === REGISTER);
  expect(asked?.token).toBe(`Bearer ${ACCESS_TOKEN}`);
  const items = PRODUCTS.map(({ name, category }) =>
    expect.objectContaining({
      ...{ type: "compute", productType: "COMPUTE", name, price: 1, cpu: 1, memoryInGigs: 2, gpu: 0 },
      fraction: { numerator: 1, denominator: 1 },
      category: expect.objectContaining({ name: category, provider: "ucloud", productType: "COMPUTE" }),
    }),
  );
  expect(asked?.body).toEqual({ items });
});

test("what UCloud refuses is shown as it is", async () => {
  startUcloud().answer(REGISTER, () => Response.json({ why: "Forbidden" }, { status: 400 }));
  const response = await callAsAdmin("/products/register", {});
  expect([response.status, await response.json()]).toEqual([200, { status: 400, answer: { why: "Forbidden" } }]);
});

test("without products, without UCloud, or with a refresh token that it refuses, the reason is told", async () => {
  const token = env.ADMIN_TOKEN.split(" ")[0] ?? "";
  const none = await callWith({ PRODUCTS: "" }, "/admin/products/register", { token, body: {} });
  expect(await expectError(none, 400, "BAD_REQUEST")).toContain("PRODUCTS");

  const ucloud = startUcloud();
  ucloud.answer(REGISTER, () => Promise.reject(new TypeError("no way out")));
  await expectError(await callAsAdmin("/products/register", {}), 503, "UNAVAILABLE");
  ucloud.answer(REFRESH, () => new Response(null, { status: 401 }));
  await expectError(await callAsAdmin("/products/register", {}), 503, "REFRESH_REFUSED");
});

test("the clock registers them without anybody's doing, and bears a UCloud that is down", async () => {
  const ucloud = startUcloud();
  ucloud.answer(REGISTER, () => Promise.reject(new TypeError("no way out")));
  await worker.scheduled(createScheduledController(), env);
  ucloud.answer(REGISTER, () => Response.json({}));
  await worker.scheduled(createScheduledController(), env);
  expect(ucloud.asked.filter(({ path }) => path === REGISTER)).toHaveLength(2);
});
