/** `GET /runner/v1/connect`: which upgrades come as far as the queue's challenge. */
import { expect, test } from "vitest";
import { TOKEN_MAX_AGE_S } from "../../../shared/proof.ts";
import { callAsAdmin, expectError } from "../support/gateway.ts";
import { queue } from "../support/queues.ts";
import {
  anEnrolledRunner,
  anOpenLine,
  aRunnerKey,
  type Runner,
  type TokenChanges,
  upgrade,
  upgradeToken,
} from "../support/runner-client.ts";
import { refusedTooOften } from "../support/too-often.ts";

const nowS = () => Math.floor(Date.now() / 1000);

test("an enrolled runner gets a challenge", async () => {
  const response = await upgrade({ token: await upgradeToken(await anEnrolledRunner()) });
  expect(response.status).toBe(101);
  expect(response.headers.get("Sec-WebSocket-Protocol")).toBe("ucloud-runner.v1");
});

test("each line has a nonce of its own", async () => {
  const runner = await anEnrolledRunner();
  const [first, second] = [await anOpenLine(runner), await anOpenLine(runner)];
  expect(first.nonce).toMatch(/^[0-9a-f]{32}$/);
  expect(second.nonce).not.toBe(first.nonce);
});

const tokens: [string, () => TokenChanges | Promise<TokenChanges>][] = [
  ["one that is too old", () => ({ iat: nowS() - TOKEN_MAX_AGE_S - 1 })],
  ["one of the future", () => ({ iat: nowS() + TOKEN_MAX_AGE_S + 1 })],
  ["one for another category", () => ({ category: "other-compute" })],
  ["one of an unknown runner", () => ({ sub: "r-0000000000000000" })],
  ["one signed by another key", async () => ({ key: await aRunnerKey() })],
  ["one of another issuer", () => ({ iss: "elsewhere" })],
  ["one for another audience", () => ({ aud: "elsewhere" })],
];

test.each(tokens)("the token, %s, opens nothing", async (_name, changes) => {
  const runner = await anEnrolledRunner({ categories: ["example-compute", "other-compute"] });
  await expectError(await upgrade({ token: await upgradeToken(runner, await changes()) }), 401, "UNAUTHORIZED");
});

/** Its claims are the runner's, its signature is nobody's. */
async function unsigned(runner: Runner): Promise<string> {
  const [, payload] = (await upgradeToken(runner)).split(".");
  return `${btoa('{"alg":"none"}').replaceAll("=", "")}.${payload}.`;
}

test("no token, garbage and an unsigned token open nothing", async () => {
  const runner = await anEnrolledRunner();
  for (const token of [null, "garbage", "a.b.c", await unsigned(runner), "a".repeat(3_000)]) {
    await expectError(await upgrade({ token }), 401, "UNAUTHORIZED");
  }
});

test.each([1 - TOKEN_MAX_AGE_S, TOKEN_MAX_AGE_S - 1])(
  "a clock that is %d s off does not lock a runner out",
  async (offS) => {
    const runner = await anEnrolledRunner();
    const response = await upgrade({ token: await upgradeToken(runner, { iat: nowS() + offS }) });
    expect(response.status).toBe(101);
  },
);

test("a refusal tells the gateway's time, so that a runner with a wrong clock can set itself", async () => {
  const response = await upgrade({ token: null });
  expect(response.headers.get("Date")).toBe(new Date().toUTCString());
});

test("a category that does not exist is unknown", async () => {
  const token = await upgradeToken(await anEnrolledRunner(), { category: "elsewhere" });
  for (const category of ["elsewhere", ""]) {
    await expectError(await upgrade({ token, category }), 404, "NOT_FOUND");
  }
});

test("a runner that is not enrolled for the category is refused", async () => {
  const token = await upgradeToken(await anEnrolledRunner(), { category: "other-compute" });
  await expectError(await upgrade({ token, category: "other-compute" }), 403, "FORBIDDEN");
});

test.each([
  ["no upgrade", { Upgrade: "" }],
  ["another upgrade", { Upgrade: "h2c" }],
  ["no subprotocol", { "Sec-WebSocket-Protocol": "" }],
  ["another subprotocol", { "Sec-WebSocket-Protocol": "ucloud-runner.v2, chat" }],
])("%s is refused", async (_name, headers) => {
  const token = await upgradeToken(await anEnrolledRunner());
  expect(await expectError(await upgrade({ token, headers }), 426, "UPGRADE_REQUIRED")).toContain("ucloud-runner.v1");
});

test("the subprotocol may be one of several", async () => {
  const token = await upgradeToken(await anEnrolledRunner());
  const headers = { "Sec-WebSocket-Protocol": "ucloud-runner.v2, ucloud-runner.v1" };
  expect((await upgrade({ token, headers })).status).toBe(101);
});

test("a runner cannot pass itself off as another by a header", async () => {
  const victim = await anEnrolledRunner({ name: "victim" });
  const runner = await anEnrolledRunner({ name: "attacker" });
  const identity = JSON.stringify({ id: victim.id, name: victim.name, publicKey: runner.key.publicKey });
  const line = await anOpenLine(runner, "example-compute", { "X-Runner": identity });
  await line.sayHello();
  expect((await line.next("welcome")).runner).toEqual({ id: runner.id, name: "attacker" });
});

test("a revoked runner is refused by the Registry, and by the queue whatever the Worker believed", async () => {
  const runner = await anEnrolledRunner();
  await callAsAdmin(`/runners/${runner.id}/revoke`, { reason: "lost" });
  await expectError(await upgrade({ token: await upgradeToken(runner) }), 403, "FORBIDDEN");
  const identity = JSON.stringify({ id: runner.id, name: runner.name, publicKey: runner.key.publicKey });
  const headers = { Upgrade: "websocket", "X-Runner": identity };
  expect((await queue().fetch("http://queue.invalid", { headers })).status).toBe(403);
});

test.each([
  ["without a runner", { Upgrade: "websocket" }],
  ["with a broken one", { Upgrade: "websocket", "X-Runner": "{" }],
  ["without an upgrade", { "X-Runner": '{"id":"r","name":"n","publicKey":"k"}' }],
])("a queue opens nothing %s", async (_name, headers) => {
  expect((await queue().fetch("http://queue.invalid", { headers: new Headers(headers) })).status).toBe(426);
});

test("a runner that connects too often is told to wait, and no other with it", async () => {
  const runner = await anEnrolledRunner();
  const category = "other-compute";
  const token = await upgradeToken(runner, { category });
  const headers = { "CF-Connecting-IP": "192.0.2.7" };
  const refused = await refusedTooOften({ limit: 60, status: 403 }, () => upgrade({ token, category, headers }));
  expect(refused.headers.get("Retry-After")).toBe("60");
  expect(await expectError(refused, 429, "TOO_MANY_REQUESTS")).toBe("This runner connects too often; wait a minute.");
  const other = await anEnrolledRunner({ name: "node-2" });
  expect((await upgrade({ token: await upgradeToken(other), headers })).status).toBe(101);
});

test("nobody keeps a runner out by claiming its id from elsewhere", async () => {
  const runner = await anEnrolledRunner();
  const forged = await upgradeToken(runner, { key: await aRunnerKey() });
  for (let tries = 0; tries < 61; tries++) {
    await upgrade({ token: forged, headers: { "CF-Connecting-IP": "192.0.2.8" } });
  }
  const headers = { "CF-Connecting-IP": "192.0.2.9" };
  expect((await upgrade({ token: await upgradeToken(runner), headers })).status).toBe(101);
});
