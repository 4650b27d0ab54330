/** What a runner asks outside of a line, signed by its key: who it is, and to be removed. */
import { SignJWT } from "jose";
import { expect, test, vi } from "vitest";
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from "../../../shared/proof.ts";
import { call, callAsAdmin, expectError } from "../support/gateway.ts";
import { createJob, startOffered } from "../support/job-life.ts";
import {
  anEnrolledRunner,
  aRunnerKey,
  aWelcomedLine,
  type Runner,
  type RunnerKey,
  upgrade,
  upgradeToken,
} from "../support/runner-client.ts";

type Changes = { key?: RunnerKey; signer?: RunnerKey; said?: string; iat?: number; iss?: string; aud?: string };

function signed({ key }: Runner, asked: string, changes: Changes = {}): Promise<string> {
  const { key: named = key, signer = named, said = asked, ...claims } = changes;
  const iat = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, iat, sub: named.publicKey, call: said, ...claims })
    .setProtectedHeader({ alg: "EdDSA" })
    .sign(signer.privateKey);
}

async function ask(runner: Runner, path: "self" | "leave", changes: Changes = {}, headers = {}): Promise<Response> {
  return call(`/runner/v1/${path}`, { method: "POST", token: await signed(runner, path, changes), headers });
}

const shown = async () => (await callAsAdmin("/runners")).json();

test("a key is told whose it is, for which categories, and at which provider", async () => {
  const categories = ["example-compute", "other-compute"];
  const runner = await anEnrolledRunner({ name: "node-7", categories });
  const response = await ask(runner, "self");
  const known = { id: runner.id, name: "node-7" };
  expect([response.status, await response.json()]).toEqual([
    200,
    { runner: known, providerId: "ucloud", categories, now: Date.now() },
  ]);
});

test.each(["self", "leave"] as const)("%s takes no other token than its own", async (path) => {
  const runner = await anEnrolledRunner();
  const nowS = Math.floor(Date.now() / 1000);
  const other = path === "self" ? "leave" : "self";
  const wrong: Changes[] = [
    { signer: await aRunnerKey() },
    { said: other },
    { said: "" },
    { iat: nowS - 61 },
    { iat: nowS + 61 },
    { iss: "x" },
    { aud: "x" },
  ];
  for (const changes of wrong) {
    await expectError(await ask(runner, path, changes), 401, "UNAUTHORIZED");
  }
  for (const token of [null, "x", await upgradeToken(runner)]) {
    await expectError(await call(`/runner/v1/${path}`, { method: "POST", token }), 401, "UNAUTHORIZED");
  }
  expect(await shown()).toMatchObject({ items: [{ id: runner.id }] });
});

test("it opens no line", async () => {
  const runner = await anEnrolledRunner();
  await expectError(await upgrade({ token: await signed(runner, "self") }), 401);
});

test.each(["self", "leave"] as const)("%s: a key that nobody has is unknown", async (path) => {
  const runner = await anEnrolledRunner();
  await expectError(await ask(runner, path, { key: await aRunnerKey() }), 404, "NOT_FOUND");
});

test.each(["self", "leave"] as const)("%s is refused to a runner that was revoked", async (path) => {
  const runner = await anEnrolledRunner();
  await callAsAdmin(`/runners/${runner.id}/revoke`, { reason: "stolen" });
  await expectError(await ask(runner, path), 403, "FORBIDDEN");
  expect(await shown()).toMatchObject({ items: [{ id: runner.id, revoked: true }] });
});

test("both are held to the runner's networks", async () => {
  const key = await aRunnerKey();
  const publicKey = `MCowBQYDK2VwAyEA${key.publicKey}`;
  await callAsAdmin("/enrollments", { name: "n", categories: ["example-compute"], publicKey, cidr: "192.0.2.0/24" });
  const runner = { id: "", name: "n", key };
  await expectError(await ask(runner, "self", {}, { "CF-Connecting-IP": "198.51.100.7" }), 403);
  expect((await ask(runner, "self", {}, { "CF-Connecting-IP": "192.0.2.7" })).status).toBe(200);
});

test("one that leaves is off the list, its key opens nothing, its name is free, and it may say so once more", async () => {
  const log = vi.spyOn(console, "log");
  const runner = await anEnrolledRunner();
  const response = await ask(runner, "leave");
  expect([response.status, await response.json()]).toEqual([200, { id: runner.id, name: "node-1" }]);
  expect(await shown()).toEqual({ items: [] });
  await expectError(await upgrade({ token: await upgradeToken(runner) }), 401);
  await expectError(await ask(runner, "leave"), 404);
  expect(log.mock.calls.join()).toContain('"event":"runner.left"');
  expect((await anEnrolledRunner()).id).not.toBe(runner.id);
});

test("one that is connected or has jobs does not leave", async () => {
  const runner = await anEnrolledRunner();
  const line = await aWelcomedLine(runner);
  expect(await expectError(await ask(runner, "leave"), 409, "CONFLICT")).toContain("is connected");
  await createJob();
  await startOffered(line);
  line.close();
  await vi.waitFor(async () => {
    expect(await shown()).toMatchObject({ items: [{ connected: false }] });
  });
  expect(await expectError(await ask(runner, "leave"), 409, "CONFLICT")).toContain("still has jobs");
});
