/** Who may call the provider API: UCloud/Core with a token of its own, and nobody else. */
import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Claims, CORE_CLAIMS, coreKey, coreToken, signToken, strangersKey } from "../support/core-tokens.ts";
import { call, expectError } from "../support/gateway.ts";

const PATH = "/ucloud/ucloud/jobs/retrieveProducts";
const pastS = () => Math.floor(Date.now() / 1000) - 1;

async function sign(claims: Claims): Promise<string> {
  return signToken(claims, await coreKey());
}

async function tampered(): Promise<string> {
  const [header, , signature] = (await coreToken({ role: "USER" })).split(".");
  const [, payload] = (await coreToken()).split(".");
  return [header, payload, signature].join(".");
}

async function unsigned(): Promise<string> {
  const [, payload] = (await coreToken()).split(".");
  return `${btoa('{"alg":"none","typ":"JWT"}').replaceAll("=", "")}.${payload}.`;
}

const publicText = () => new TextEncoder().encode(env.UCLOUD_PUBLIC_KEY);

const bad: [string, () => string | null | Promise<string>][] = [
  ["no token", () => null],
  ["an expired one", () => coreToken({ exp: pastS() })],
  ["one of another issuer", () => coreToken({ iss: "elsewhere.example" })],
  ["one of another subject", () => coreToken({ sub: "user" })],
  ["one of another role", () => coreToken({ role: "USER" })],
  ["one without claims", () => sign({})],
  ["the provider's own, signed by the same key", () => coreToken({ sub: "#P_ucloud", role: "PROVIDER" })],
  ["one whose signature is of another key", async () => signToken(CORE_CLAIMS, await strangersKey())],
  ["one whose claims were changed", tampered],
  ["one of no algorithm", unsigned],
  ["one of ES256", async () => signToken(CORE_CLAIMS, await strangersKey("ES256"), "ES256")],
  ["one of HS256 whose secret is the public key", () => signToken(CORE_CLAIMS, publicText(), "HS256")],
  ["garbage", () => "garbage"],
  ["garbage in three parts", () => "a.b.c"],
  ["a megabyte", () => "a".repeat(2 ** 20)],
];

test.each(bad)("%s is refused", async (_name, token) => {
  await expectError(await call(PATH, { token: await token() }), 401, "UNAUTHORIZED");
});

test.each(["Bearer ", "Bearer", "bearer x y", "Basic dXNlcjpwYXNz"])("the header %j is refused", async (header) => {
  const request = new Request(`http://gateway.invalid${PATH}`, { headers: { Authorization: header } });
  await expectError(await exports.default.fetch(request), 401, "UNAUTHORIZED");
});

test("a good one is taken", async () => {
  const response = await call(PATH, { token: await coreToken() });
  expect(response.status).toBe(200);
});
