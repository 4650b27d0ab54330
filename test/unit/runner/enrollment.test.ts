/** A code becomes an identity, against a gateway that is played by the test. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Enrollment, EnrollmentError, enroll } from "../../../runner/enrollment.ts";
import { isEnrolled, readIdentity } from "../../../runner/identity.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { VERSION } from "../../../runner/version.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";
import { aWebServer } from "../../support/runner/web-server.ts";

const RUNNER = { id: "runner-1", name: "node-1" };
const ANSWER = JSON.stringify({ runner: RUNNER, providerId: "ucloud", categories: ["example-compute"] });

const asked = (given: Partial<Enrollment> & { gateway: string; stateDir: string }): Enrollment => ({
  ...{ code: "secret-code", replace: false },
  ...given,
});

test("the code and the public half travel, the private half stays", async () => {
  const server = await aWebServer(() => ({ status: 200, body: ANSWER }));
  const stateDir = join(aStateFolder(), "new");
  expect(await enroll(asked({ gateway: `${server.url}/some/path`, stateDir }))).toEqual(RUNNER);
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
  await enroll(asked({ gateway: server.url, stateDir }));
  expect(readFileSync(join(stateDir, "identity.json"), "utf8")).not.toContain("secret-code");
});

test("a folder that is enrolled is left alone unless it is to be replaced", async () => {
  const server = await aWebServer(() => ({ status: 200, body: ANSWER }));
  const stateDir = aStateFolder();
  await enroll(asked({ gateway: server.url, stateDir }));
  const before = readIdentity(stateDir).privateKey;
  await expect(enroll(asked({ gateway: server.url, stateDir }))).rejects.toThrow(UsageError);
  expect(server.requests).toHaveLength(1);
  expect(readIdentity(stateDir).privateKey).toBe(before);
  await enroll(asked({ gateway: server.url, stateDir, replace: true }));
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
  const enrolled = enroll(asked({ gateway: server.url, stateDir }));
  await expect(enrolled).rejects.toThrow(EnrollmentError);
  await expect(enrolled).rejects.toThrow(said);
  expect(isEnrolled(stateDir)).toBe(false);
});

test("a refused replacement keeps the key that works", async () => {
  let status = 200;
  const server = await aWebServer(() => ({ status, body: ANSWER }));
  const stateDir = aStateFolder();
  await enroll(asked({ gateway: server.url, stateDir }));
  const before = readIdentity(stateDir);
  status = 403;
  await expect(enroll(asked({ gateway: server.url, stateDir, replace: true }))).rejects.toThrow(EnrollmentError);
  expect(readIdentity(stateDir)).toEqual(before);
});

test("where nobody answers the address is named and the code is not", async () => {
  const enrolled = enroll(asked({ gateway: "http://127.0.0.1:1", stateDir: aStateFolder() }));
  await expect(enrolled).rejects.toThrow(EnrollmentError);
  await expect(enrolled).rejects.toThrow(
    "http://127.0.0.1:1/runner/v1/enroll: the gateway does not answer (ECONNREFUSED)",
  );
});

test.each(["gateway.example", "ftp://gateway.example", "", "https://"])("%j is no gateway", async (gateway) => {
  const enrolled = enroll(asked({ gateway, stateDir: aStateFolder() }));
  await expect(enrolled).rejects.toThrow(UsageError);
  await expect(enrolled).rejects.toThrow(/^gateway: /);
});
