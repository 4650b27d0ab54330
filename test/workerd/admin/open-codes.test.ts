/** Codes that are open: how long, who sees them, and how one is ended. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import * as z from "zod";
import { ROLE_TOKENS } from "../support/bindings.ts";
import { advance } from "../support/clock.ts";
import { call, callAsAdmin, expectError } from "../support/gateway.ts";
import { registry } from "../support/registry.ts";
import { anEnrolmentCode, aRunnerKey, enroll } from "../support/runner-client.ts";

const DAY_MS = 86_400_000;
const madeSchema = z.object({ id: z.string(), code: z.string(), expiresAt: z.number() });
const listSchema = z.object({ items: z.array(z.looseObject({ id: z.string() })) });

async function made(given: Record<string, unknown>): Promise<z.infer<typeof madeSchema>> {
  const body = { categories: ["example-compute"], ...given };
  return madeSchema.parse(await (await call("/admin/enrollments", { token: ROLE_TOKENS.owner, body })).json());
}

async function listed(query = ""): Promise<z.infer<typeof listSchema>["items"]> {
  const response = await call(`/admin/enrollments${query}`, { token: ROLE_TOKENS.read });
  return listSchema.parse(await response.json()).items;
}

const end = (id: string) => call(`/admin/enrollments/${id}`, { method: "DELETE", token: ROLE_TOKENS.owner });

test("open ones are listed with all but the code, the newest first", async () => {
  const first = await made({ name: "node-1", cidr: "192.0.2.0/24" });
  advance(1);
  const second = await made({ namePattern: "gpu-?", uses: 40, expiresIn: 86_400 });
  await enroll(second.code, await aRunnerKey(), { name: "gpu-1" });

  const common = { categories: ["example-compute"], by: "olga" };
  const ofMany = { ...common, id: second.id, name: null, namePattern: "gpu-?", cidr: null, uses: 40, usesLeft: 39 };
  const ofOne = { ...common, id: first.id, name: "node-1", namePattern: null, cidr: ["192.0.2.0/24"], uses: 1 };
  expect(await listed()).toEqual([
    { ...ofMany, expiresAt: Date.now() + DAY_MS },
    { ...ofOne, usesLeft: 1, expiresAt: first.expiresAt },
  ]);
  expect(await listed("?limit=1")).toHaveLength(1);
  expect(JSON.stringify(await listed())).not.toContain(first.code);
});

test("whoever has a code finds it in the list by its hash", async () => {
  const { id, code } = await made({ name: "node-1" });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code));
  expect([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("")).toMatch(`${id}`);
});

test("one that is used up or too old is listed no more", async () => {
  const { code } = await made({ name: "node-1" });
  await made({ name: "node-2", expiresIn: 60 });
  expect(await listed()).toHaveLength(2);
  await enroll(code, await aRunnerKey());
  expect(await listed()).toHaveLength(1);
  advance(60_000);
  expect(await listed()).toEqual([]);
});

test.each([[1], [7_776_000]])("it is good for %i s", async (expiresIn) => {
  const { code, expiresAt } = await made({ namePattern: "*", uses: 2, expiresIn });
  expect(expiresAt).toBe(Date.now() + expiresIn * 1_000);
  advance(expiresIn * 1_000 - 1);
  expect((await enroll(code, await aRunnerKey(), { name: "a" })).status).toBe(200);
  advance(1);
  await expectError(await enroll(code, await aRunnerKey(), { name: "b" }), 403);
});

test("one that is ended enrols nobody more, and whom it has enrolled stays", async () => {
  const { id, code } = await made({ namePattern: "*", uses: 5 });
  await enroll(code, await aRunnerKey(), { name: "early" });

  const response = await end(id);
  expect([response.status, await response.json()]).toMatchObject([200, { id, namePattern: "*", usesLeft: 4 }]);
  const late = await enroll(code, await aRunnerKey(), { name: "late" });
  expect(await expectError(late, 403, "FORBIDDEN")).toContain("code: ");
  expect(await listed()).toEqual([]);
  expect(await (await callAsAdmin("/runners")).json()).toMatchObject({ items: [{ name: "early" }] });
  await expectError(await end(id), 404, "NOT_FOUND");
});

test.each(["", "%2e%2e", "0".repeat(40), "%25"])("there is no code %j to end", async (id) => {
  await made({ name: "node-1" });
  await expectError(await end(id), 404, "NOT_FOUND");
  expect(await listed()).toHaveLength(1);
});

test("making and ending are writes in the audit", async () => {
  const { id } = await made({ namePattern: "node-*", uses: 2 });
  await end(id);
  await end(id);
  const { items } = z.object({ items: z.array(z.unknown()) }).parse(await (await callAsAdmin("/audit")).json());
  expect(items).toMatchObject([
    { name: "olga", verb: "enrollments.delete", object: id, outcome: 404 },
    { verb: "enrollments.delete", object: id, outcome: 200 },
    { verb: "enrollments", object: "node-*", outcome: 201 },
  ]);
});

test("codes that are over are erased with their uses when the next one is made", async () => {
  const code = await anEnrolmentCode({ namePattern: "*", uses: 2 });
  await enroll(code, await aRunnerKey(), { name: "a" });
  advance(3_600_000);
  await made({ name: "node-1" });
  const rows = await runInDurableObject(registry(), (_instance, { storage: { sql } }) =>
    ["open_code", "code_use"].map((table) => sql.exec(`SELECT * FROM ${table}`).toArray().length),
  );
  expect(rows).toEqual([1, 0]);
});
