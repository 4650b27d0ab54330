/** A code becomes an identity, against a gateway that is played by the test. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Enrollment, enrollByCode } from "../../../runner/enrollment.ts";
import { GatewayCallError } from "../../../runner/gateway-call.ts";
import { isEnrolled, readIdentity } from "../../../runner/identity.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { VERSION } from "../../../runner/version.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";
import { aWebServer } from "../../support/runner/web-server.ts";

const RUNNER = { id: "runner-1", name: "node-1" };
const ANSWER = JSON.stringify({ runner: RUNNER, providerId: "ucloud", categories: ["example-compute"] });

type Asked = Enrollment & { code: string };
const asked = (given: Partial<Asked> & { gateway: string; stateDir: string }): Asked => ({
  ...{ code: "secret-code", replace: false },
  ...given,
});

test("the code and the public half travel, the private half stays", async () => {
  const server = await aWebServer(() => ({ status: 200, body: ANSWER }));
  const stateDir = join(aStateFolder(), "new");
  expect(await enrollByCode(asked({ gateway: `${server.url}/some/path`, stateDir }))).toEqual(RUNNER);
  const [request] = server.requests;
  expect([request?.method, request?.path]).toEqual(["POST", "/runner/v1/enroll"]);
  const body = JSON.parse(request?.body ?? "");
  expect(Object.keys(body).sort()).toEqual(["code", "hostname", "publicKey", "version"]);
  expect(body).toMatchObject({ code: "secret-code", version: VERSION });
  expect(Buffer.from(body.publicKey, "base64")).toHaveLength(32);
  const identity = readIdentity(stateDir);
  expect(identity).toMatchObject({ gateway: server.url, runner: RUNNER, categories: ["example-compute"] });
  expect(request?.body).not.toContain(identity.privateKey.split("\n")[1]);
  expect(statSync(stateDir).mode & 0o777).toBe(0o700);
});

test("the code is kept nowhere", async () => {
  const server = await aWebServer(() => ({ status: 200, body: ANSWER }));
  const stateDir = aStateFolder();
  await enrollByCode(asked({ gateway: server.url, stateDir }));
  expect(readFileSync(join(stateDir, "identity.json"), "utf8")).not.toContain("secret-code");
});

test("a folder that is enrolled is left alone unless it is to be replaced", async () => {
  const server = await aWebServer(() => ({ status: 200, body: ANSWER }));
  const stateDir = aStateFolder();
  await enrollByCode(asked({ gateway: server.url, stateDir }));
  const before = readIdentity(stateDir).privateKey;
  await expect(enrollByCode(asked({ gateway: server.url, stateDir }))).rejects.toThrow(UsageError);
  expect(server.requests).toHaveLength(1);
  expect(readIdentity(stateDir).privateKey).toBe(before);
  await enrollByCode(asked({ gateway: server.url, stateDir, replace: true }));
  expect(readIdentity(stateDir).privateKey).not.toBe(before);
});

test.each([
  ["a refusal in the gateway's words", 403, '{"why":"this code was used"}', /\(403\): this code was used$/],
  ["a proxy's page", 502, "<html>", /\(502\): no words of a gateway$/],
  ["an answer of another shape", 200, "{}", /\(200\): no words of a gateway$/],
  ["no category", 200, JSON.stringify({ runner: RUNNER, providerId: "ucloud", categories: [] }), /\(200\)/],
])("%s leaves the folder without an identity", async (_, status, body, said) => {
  const server = await aWebServer(() => ({ status, body }));
  const stateDir = aStateFolder();
  const enrolled = enrollByCode(asked({ gateway: server.url, stateDir }));
  await expect(enrolled).rejects.toThrow(GatewayCallError);
  await expect(enrolled).rejects.toThrow(said);
  expect(isEnrolled(stateDir)).toBe(false);
});

test("the name that is asked for travels, the machine's own stays apart from it", async () => {
  const server = await aWebServer(() => ({ status: 200, body: ANSWER }));
  await enrollByCode(asked({ gateway: server.url, stateDir: aStateFolder(), name: "node-1" }));
  expect(JSON.parse(server.requests[0]?.body ?? "")).toMatchObject({ name: "node-1", hostname: hostname() });
});

test("after a lost answer it asks again with the same key, after an answer with a new one", async () => {
  let status = 502;
  const server = await aWebServer(() => ({ status, body: status === 200 ? ANSWER : '{"why":"no"}' }));
  const stateDir = aStateFolder();
  const given = asked({ gateway: server.url, stateDir, replace: true });
  for (status of [502, 503, 403, 200, 200]) {
    await enrollByCode(given).catch(() => {});
  }
  const [lost, again, refused, enrolled, last] = server.requests.map(({ body }) => JSON.parse(body).publicKey);
  expect([again, refused]).toEqual([lost, lost]);
  expect(enrolled).not.toBe(refused);
  expect(last).not.toBe(enrolled);
  expect(readdirSync(stateDir)).toEqual(["identity.json"]);
});

test("a key that waits for its answer is its owner's alone", async () => {
  const stateDir = aStateFolder();
  await enrollByCode(asked({ gateway: "http://127.0.0.1:1", stateDir })).catch(() => {});
  expect(readdirSync(stateDir)).toEqual(["new-key.pem"]);
  expect(statSync(join(stateDir, "new-key.pem")).mode & 0o777).toBe(0o600);
});

test("when it is asked too often it waits as long as it is told, and as much again at random at most", async () => {
  let answers = 0;
  const server = await aWebServer(() => {
    answers += 1;
    return answers < 3 ? { status: 429, body: "{}", headers: { "Retry-After": "7" } } : { status: 200, body: ANSWER };
  });
  const waits: number[] = [];
  const pause = async (ms: number) => waits.push(ms);
  expect(await enrollByCode({ ...asked({ gateway: server.url, stateDir: aStateFolder() }), pause })).toEqual(RUNNER);
  expect(waits).toHaveLength(2);
  for (const ms of waits) {
    expect(ms).toBeGreaterThanOrEqual(7_000);
    expect(ms).toBeLessThan(14_000);
  }
});

test("it does not wait for ever", async () => {
  const server = await aWebServer(() => ({ status: 429, body: '{"why":"wait a minute"}' }));
  const given = { ...asked({ gateway: server.url, stateDir: aStateFolder() }), pause: async () => {} };
  await expect(enrollByCode(given)).rejects.toThrow("the gateway refuses (429): wait a minute");
  expect(server.requests).toHaveLength(10);
});

test("a refused replacement keeps the key that works", async () => {
  let status = 200;
  const server = await aWebServer(() => ({ status, body: ANSWER }));
  const stateDir = aStateFolder();
  await enrollByCode(asked({ gateway: server.url, stateDir }));
  const before = readIdentity(stateDir);
  status = 403;
  await expect(enrollByCode(asked({ gateway: server.url, stateDir, replace: true }))).rejects.toThrow(GatewayCallError);
  expect(readIdentity(stateDir)).toEqual(before);
});

test("where nobody answers the address is named and the code is not", async () => {
  const enrolled = enrollByCode(asked({ gateway: "http://127.0.0.1:1", stateDir: aStateFolder() }));
  await expect(enrolled).rejects.toThrow(GatewayCallError);
  await expect(enrolled).rejects.toThrow(
    "http://127.0.0.1:1/runner/v1/enroll: the gateway does not answer (ECONNREFUSED)",
  );
});

test.each(["gateway.example", "ftp://gateway.example", "", "https://"])("%j is no gateway", async (gateway) => {
  const enrolled = enrollByCode(asked({ gateway, stateDir: aStateFolder() }));
  await expect(enrolled).rejects.toThrow(UsageError);
  await expect(enrolled).rejects.toThrow(/^gateway: /);
});
