/** A key that configuration management brings becomes an identity, and says so as often as it is asked. */
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt, importJWK, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { enrollByKey } from "../../../runner/enrollment.ts";
import { GatewayCallError } from "../../../runner/gateway-call.ts";
import { newKeyPair, publicHalf, readIdentity } from "../../../runner/identity.ts";
import { UsageError } from "../../../runner/usage-error.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";
import { aWebServer } from "../../support/runner/web-server.ts";

const RUNNER = { id: "runner-1", name: "node-1" };
const answer = (categories = ["example-compute"]) =>
  JSON.stringify({ runner: RUNNER, providerId: "ucloud", categories, now: 1 });

function aKeyFile(pem = newKeyPair().privateKey, mode = 0o600): string {
  const path = join(aStateFolder(), "key.pem");
  writeFileSync(path, pem);
  chmodSync(path, mode);
  return path;
}

const given = (gateway: string, changes: Partial<Parameters<typeof enrollByKey>[0]> = {}) => ({
  ...{ gateway, keyFile: aKeyFile(), stateDir: aStateFolder(), replace: false },
  ...changes,
});

test("as openssl makes it, it is the identity's key, and signs the question who it is", async () => {
  // Byte for byte what `openssl genpkey -algorithm ed25519` writes: PKCS8 in PEM.
  const keyFile = aKeyFile();
  const server = await aWebServer(() => ({ status: 200, body: answer() }));
  const asked = given(server.url, { keyFile });

  expect(await enrollByKey(asked)).toEqual({ runner: RUNNER, isNew: true });

  const { privateKey, ...identity } = readIdentity(asked.stateDir);
  expect(identity).toEqual({
    ...{ gateway: server.url, providerId: "ucloud", runner: RUNNER, categories: ["example-compute"] },
  });
  expect(publicHalf(privateKey)).toBe(publicHalf(readFileSync(keyFile, "utf8")));
  const [{ method, path, authorization = "" } = { method: "", path: "" }] = server.requests;
  expect([method, path]).toEqual(["POST", "/runner/v1/self"]);
  const x = Buffer.from(publicHalf(privateKey), "base64").toString("base64url");
  const key = await importJWK({ kty: "OKP", crv: "Ed25519", x }, "EdDSA");
  const { payload } = await jwtVerify(authorization.replace("Bearer ", ""), key);
  expect(payload).toMatchObject({ iss: "ucloud-runner", sub: publicHalf(privateKey), call: "self" });
});

test("said again it changes nothing; what the gateway has changed is taken over", async () => {
  let categories = ["example-compute"];
  const server = await aWebServer(() => ({ status: 200, body: answer(categories) }));
  const asked = given(server.url, { name: "node-1" });
  await enrollByKey(asked);
  const file = join(asked.stateDir, "identity.json");
  const before = statSync(file, { bigint: true });

  expect(await enrollByKey(asked)).toEqual({ runner: RUNNER, isNew: false });
  expect(statSync(file, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });

  categories = ["other-compute"];
  expect(await enrollByKey(asked)).toEqual({ runner: RUNNER, isNew: true });
  expect(readIdentity(asked.stateDir).categories).toEqual(["other-compute"]);
});

test("a folder with another key is left alone unless it is to be replaced", async () => {
  const server = await aWebServer(() => ({ status: 200, body: answer() }));
  const asked = given(server.url);
  await enrollByKey(asked);
  const other = { ...asked, keyFile: aKeyFile() };
  await expect(enrollByKey(other)).rejects.toThrow(/another key; --replace/);
  expect(await enrollByKey({ ...other, replace: true })).toMatchObject({ isNew: true });
});

test("a key that is registered under another name is no identity here", async () => {
  const server = await aWebServer(() => ({ status: 200, body: answer() }));
  const asked = given(server.url, { name: "node-2" });
  await expect(enrollByKey(asked)).rejects.toThrow("name: the gateway has this key under the name node-1");
  expect(() => readIdentity(asked.stateDir)).toThrow(/not enrolled/);
});

test.each([
  ["that others may read", () => aKeyFile(undefined, 0o640), /^key: others than its owner may read/],
  ["that is not there", () => "/nowhere/key.pem", /^key: \/nowhere\/key.pem cannot be read$/],
  ["that is none", () => aKeyFile("secret-value"), /is no private Ed25519 key in PEM$/],
  ["of another kind", () => aKeyFile(rsaKey()), /is no private Ed25519 key in PEM$/],
])("a file %s is a usage error, and nobody is asked", async (_, file, said) => {
  const server = await aWebServer(() => ({ status: 200, body: answer() }));
  const enrolled = enrollByKey(given(server.url, { keyFile: file() }));
  await expect(enrolled).rejects.toThrow(UsageError);
  await expect(enrolled).rejects.toThrow(said);
  await expect(enrolled).rejects.not.toThrow("secret-value");
  expect(server.requests).toEqual([]);
});

test("a machine with a wrong clock asks once more, with the gateway's time", async () => {
  const theirs = new Date("2040-01-01T00:00:00Z");
  const dates: (number | undefined)[] = [];
  const server = await aWebServer(({ authorization = "" }) => {
    dates.push(decodeJwt(authorization.replace("Bearer ", "")).iat);
    const isRight = dates.at(-1) === theirs.getTime() / 1000;
    const status = isRight ? 200 : 401;
    return { status, body: isRight ? answer() : '{"why":"too old"}', headers: { Date: theirs.toUTCString() } };
  });
  expect(await enrollByKey(given(server.url))).toMatchObject({ isNew: true });
  expect(dates).toHaveLength(2);
});

test("a token that is not taken is no reason to ask for ever", async () => {
  const server = await aWebServer(() => ({ status: 401, body: '{"why":"no"}', headers: { Date: "x" } }));
  await expect(enrollByKey(given(server.url))).rejects.toThrow(GatewayCallError);
  expect(server.requests.length).toBeLessThanOrEqual(2);
});

function rsaKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
