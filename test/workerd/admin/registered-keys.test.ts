/** A key that configuration management brings: registered by an administrator, without a code, and as often as it likes. */
import { expect, test, vi } from "vitest";
import { call, callAsAdmin, expectError } from "../support/gateway.ts";
import { anEnrolledRunner, aRunnerKey, aWelcomedLine, type Runner, type RunnerKey } from "../support/runner-client.ts";

const ALL = ["example-compute", "other-compute"];
const spki = ({ publicKey }: { publicKey: string }) => `MCowBQYDK2VwAyEA${publicKey}`;
const pem = (key: { publicKey: string }) => `-----BEGIN PUBLIC KEY-----\n${spki(key)}\n-----END PUBLIC KEY-----\n`;

function bring(key: RunnerKey, given: Record<string, unknown> = {}): Promise<Response> {
  return callAsAdmin("/enrollments", {
    ...{ name: "node-1", categories: ["example-compute"], publicKey: spki(key) },
    ...given,
  });
}

async function registered(key: RunnerKey, given: Record<string, unknown> = {}): Promise<Runner> {
  const response = await bring(key, given);
  expect(response.status).toBe(201);
  const runner: unknown = await response.json();
  expect(runner).toEqual({ id: expect.stringMatching(/^r-[0-9a-f]{16}$/), name: given.name ?? "node-1" });
  return { ...(runner as { id: string; name: string }), key };
}

test.each([
  ["base64", spki],
  ["PEM", pem],
] as const)("in %s it is a runner's at once", async (_form, written) => {
  const key = await aRunnerKey();
  const runner = await registered(key, { publicKey: written(key) });
  (await aWelcomedLine(runner)).close();
  expect(await (await callAsAdmin("/enrollments")).json()).toEqual({ items: [] });
});

test("said again nothing changes, and its line stays open", async () => {
  const key = await aRunnerKey();
  const runner = await registered(key, { categories: ALL, cidr: "192.0.2.0/24" });
  const here = await registered(key, { categories: ALL, cidr: undefined });
  const line = await aWelcomedLine(here);
  const log = vi.spyOn(console, "log");

  expect((await registered(key, { categories: ALL.toReversed(), publicKey: pem(key) })).id).toBe(runner.id);

  expect(await Promise.race([line.closed, Promise.resolve("open")])).toBe("open");
  expect(log.mock.calls.join()).not.toContain("runner.enrolled");
  line.close();
});

test("another key takes the name's place, as an enrolment by name does", async () => {
  const before = await anEnrolledRunner();
  const line = await aWelcomedLine(before);
  const log = vi.spyOn(console, "log");
  const after = await registered(await aRunnerKey());
  expect(after.id).toBe(before.id);
  expect(await line.closed).toMatchObject({ code: 4410 });
  expect(log.mock.calls.join()).toContain("runner.key_replaced");
});

test("a key that another runner has is refused", async () => {
  const key = await aRunnerKey();
  await registered(key);
  expect(await expectError(await bring(key, { name: "node-2" }), 409, "CONFLICT")).toMatch(
    /^publicKey: Another runner/,
  );
});

test("a revoked key does not come back because somebody says it again, a new one does", async () => {
  const key = await aRunnerKey();
  const runner = await registered(key);
  await callAsAdmin(`/runners/${runner.id}/revoke`, { reason: "stolen" });

  expect(await expectError(await bring(key), 409, "CONFLICT")).toContain("revoked");
  expect(await expectError(await bring(key, { name: "node-2" }), 409, "CONFLICT")).toContain("publicKey: ");
  const again = await registered(await aRunnerKey());
  expect(again.id).toBe(runner.id);
  (await aWelcomedLine(again)).close();
});

test("its networks hold it", async () => {
  const key = await aRunnerKey();
  await registered(key, { cidr: ["192.0.2.0/24"] });
  expect(await (await callAsAdmin("/runners")).json()).toMatchObject({ items: [{ cidr: ["192.0.2.0/24"] }] });
});

test("no category of ours is needed to be told so", async () => {
  const why = await expectError(await bring(await aRunnerKey(), { categories: ["no-such"] }), 400);
  expect(why).toContain("categories[0]: ");
  expect((await call("/admin/enrollments", { body: {} })).status).toBe(401);
});
