/** Who may call the admin API, and what it says of calls that do not exist. */
import { expect, test } from "vitest";
import { ADMIN_TOKENS } from "../support/bindings.ts";
import { coreToken } from "../support/core-tokens.ts";
import { call, callAsAdmin, callWith, expectError } from "../support/gateway.ts";

const CALLS: [string, string][] = [
  ["POST", "/enrollments"],
  ["GET", "/runners"],
  ["GET", "/metrics"],
  ["POST", "/runners/r-1/revoke"],
  ["GET", "/jobs"],
  ["GET", "/jobs/54112"],
  ["POST", "/jobs/54112/cancel"],
  ["GET", "/queues"],
  ["GET", "/undelivered"],
  ["GET", "/nothing"],
];

test.each(CALLS)("%s /admin%s needs an administrator's token", async (method, path) => {
  for (const token of [null, "wrong", await coreToken(), ADMIN_TOKENS.join(""), `${ADMIN_TOKENS[0]}x`]) {
    await expectError(await call(`/admin${path}`, { method, token }), 401, "UNAUTHORIZED");
  }
});

test.each(ADMIN_TOKENS)("%s is one of two tokens that are valid at once", async (token) => {
  const response = await call("/admin/queues", { token });
  expect(response.status).toBe(200);
});

test("a token is no longer valid when it is no longer among them", async () => {
  const [first, second] = ADMIN_TOKENS;
  const settings = { ADMIN_TOKEN: ` ${second}\n` };
  await expectError(await callWith(settings, "/admin/queues", { token: first ?? null }), 401);
  expect((await callWith(settings, "/admin/queues", { token: second ?? null })).status).toBe(200);
});

test.each([
  ["POST", "/"],
  ["GET", "/nothing"],
  ["PUT", "/enrollments"],
  ["DELETE", "/jobs/54112"],
  ["POST", "/jobs/54112/explode"],
  ["POST", "/runners/r-1/explode"],
])("%s /admin%s does not exist", async (method, path) => {
  const token = ADMIN_TOKENS[0] ?? null;
  await expectError(await call(`/admin${path}`, { method, token }), 404, "NOT_FOUND");
});

test.each([
  ["/runners/r-0000000000000000/revoke", { reason: "gone" }],
  ["/jobs/54112/cancel", { reason: "gone" }],
  ["/jobs/..%2Fetc/cancel", { reason: "gone" }],
  ["/jobs/54112", undefined],
  ["/jobs/a%00b", undefined],
])("/admin%s is unknown", async (path, body) => {
  await expectError(await callAsAdmin(path, body), 404, "NOT_FOUND");
});

test.each([
  [{}, "reason"],
  [{ reason: "" }, "reason"],
  [{ reason: 1 }, "reason"],
  [{ reason: "a".repeat(401) }, "reason"],
  [{ reason: "x", force: true }, "force: "],
  ["", "body"],
])("%j is no reason", async (body, word) => {
  for (const path of ["/runners/r-1/revoke", "/jobs/54112/cancel"]) {
    expect(await expectError(await callAsAdmin(path, body), 400, "BAD_REQUEST")).toContain(word);
  }
});
