/** `POST /runner/v1/enroll`: one use, one hour, and only a code's hash is kept. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { advance } from "../support/clock.ts";
import { call, callAsAdmin, expectError } from "../support/gateway.ts";
import { anEnrolledRunner, anEnrolmentCode, aRunnerKey, enroll } from "../support/runner-client.ts";
import { refusedTooOften } from "../support/too-often.ts";

const HOUR_MS = 3_600_000;
const FORBIDDEN = "code: This code is unknown, was used up or ended, or is too old.";

/** Every row of the Registry's tables, as one text. */
function registryRows(): Promise<string> {
  return runInDurableObject(env.REGISTRY.getByName("registry"), (_instance, { storage: { sql } }) =>
    JSON.stringify(
      ["code", "open_code", "code_use", "runner", "pending", "setting"].map((table) =>
        sql.exec(`SELECT * FROM ${table}`).toArray(),
      ),
    ),
  );
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

test("a runner is registered under a name, for categories, with a key", async () => {
  const key = await aRunnerKey();
  const categories = ["example-compute", "other-compute"];
  const response = await enroll(await anEnrolmentCode({ categories }), key);
  const runner = { id: expect.stringMatching(/^r-[0-9a-f]{16}$/), name: "node-1" };
  expect(await response.json()).toEqual({ runner, providerId: "ucloud", categories, now: Date.now() });
  expect(await registryRows()).toContain(key.publicKey);
});

test("of a code only its hash is kept", async () => {
  const code = await anEnrolmentCode();
  const rows = await registryRows();
  expect(rows).not.toContain(code);
  expect(rows).toContain(await sha256(code));
});

test("a code is good for one use", async () => {
  const code = await anEnrolmentCode();
  const key = await aRunnerKey();
  const first = await (await enroll(code, key)).json();
  expect(await expectError(await enroll(code, await aRunnerKey()), 403, "FORBIDDEN")).toBe(FORBIDDEN);
  // Whoever has missed the answer asks with the same key.
  expect(await (await enroll(code, key)).json()).toEqual(first);
});

test("of two that use a code at the same time one is enrolled", async () => {
  const code = await anEnrolmentCode();
  const answers = await Promise.all([enroll(code, await aRunnerKey()), enroll(code, await aRunnerKey())]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
});

test("a code is good for an hour", async () => {
  const first = await anEnrolmentCode({ name: "first" });
  const second = await anEnrolmentCode({ name: "second" });
  advance(HOUR_MS - 1);
  expect((await enroll(first, await aRunnerKey())).status).toBe(200);
  advance(1);
  expect(await expectError(await enroll(second, await aRunnerKey()), 403)).toBe(FORBIDDEN);
});

test("an unknown code is refused in the same words", async () => {
  expect(await expectError(await enroll("0".repeat(40), await aRunnerKey()), 403)).toBe(FORBIDDEN);
});

const good = "A".repeat(43);
const malformed: [string, Record<string, unknown>, string][] = [
  ["no key", { publicKey: undefined }, "publicKey: This is missing."],
  ["a key that is too short", { publicKey: `${"A".repeat(42)}=` }, "publicKey: "],
  ["a key in PEM", { publicKey: "-----BEGIN PUBLIC KEY-----" }, "publicKey: This must be a raw Ed25519 public key"],
  ["a key in base64 for addresses", { publicKey: `${"_".repeat(43)}=` }, "publicKey: "],
  ["no code", { code: undefined }, "code: This is missing."],
  ["an empty code", { code: "" }, "code: "],
  ["a long code", { code: "a".repeat(201) }, "code: "],
];

test.each(malformed)("%s is refused, and the code stays good", async (_name, changes, sentence) => {
  const code = await anEnrolmentCode();
  const body = { code, publicKey: `${good}=`, ...changes };
  expect(await expectError(await call("/runner/v1/enroll", { body }), 400, "BAD_REQUEST")).toContain(sentence);
  expect((await enroll(code, await aRunnerKey())).status).toBe(200);
});

test.each([
  ["an empty body", "", 400],
  ["no JSON", "{", 400],
  ["a long body", JSON.stringify({ pad: "x".repeat(4_096) }), 413],
])("%s is refused", async (_name, body, statusCode) => {
  await expectError(await call("/runner/v1/enroll", { body }), statusCode);
});

test("who enrols again under a name keeps its id", async () => {
  const before = await anEnrolledRunner();
  const after = await anEnrolledRunner({ categories: ["other-compute"] });
  expect(after.id).toBe(before.id);
  expect((await anEnrolledRunner({ name: "node-2" })).id).not.toBe(before.id);
  const { items } = JSON.parse(await (await callAsAdmin("/runners")).text());
  expect(items).toMatchObject([
    { id: before.id, name: "node-1", categories: ["other-compute"] },
    { name: "node-2", categories: ["example-compute"] },
  ]);
});

test("an address that enrols too often is told to wait", async () => {
  const request = { body: { code: "x", publicKey: `${good}=` }, headers: { "CF-Connecting-IP": "192.0.2.1" } };
  await refusedTooOften({ limit: 30, status: 403 }, () => call("/runner/v1/enroll", request));
});
