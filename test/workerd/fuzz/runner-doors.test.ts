/** Who is no runner, or no longer one: enrolment, upgrade and relay answer in sentences, and let nobody in. */
import { exports } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { SUBPROTOCOL, TOKEN_AUDIENCE, TOKEN_ISSUER } from "../../../shared/proof.ts";
import { RELAY_SUBPROTOCOL } from "../../../shared/relay.ts";
import { hostileText, spoilt, torn } from "../../support/fuzz/hostile.ts";
import { call } from "../support/gateway.ts";
import { expectJudged, fuzzing } from "../support/judged.ts";
import { anEnrolledRunner, aWelcomedLine, CATEGORY, type Runner, upgradeToken } from "../support/runner-client.ts";

let runner: Runner;
beforeEach(async () => {
  runner = await anEnrolledRunner();
});

test("enrolment takes spoilt and torn bodies, and a guessed code enrols nobody", async () => {
  const named = { name: "node-1", hostname: "host", version: "0.1.0" };
  const sound = { code: "0".repeat(40), publicKey: `${"A".repeat(43)}=`, ...named };
  await fc.assert(
    fc.asyncProperty(fc.oneof(spoilt(sound), torn(sound)), async (body) => {
      expect(await expectJudged(await call("/runner/v1/enroll", { body }))).toBeGreaterThanOrEqual(400);
    }),
    fuzzing(),
  );
});

/** Everything but the signature may be right. */
const REAL = "the real runner";
const claim = fc.record(
  {
    sub: fc.oneof(fc.constant(REAL), fc.constant("r-0011223344556677"), hostileText),
    category: fc.oneof(fc.constant(CATEGORY), hostileText),
    iss: hostileText,
    aud: hostileText,
    iat: fc.oneof(fc.integer(), fc.constantFrom(-1, 1e18, 0)),
    relay: hostileText,
  },
  { requiredKeys: [] },
);
const header = fc.constantFrom("EdDSA", "none", "HS256", "RS256", "ES256", "eddsa").map((alg) => ({ alg, typ: "JWT" }));
const encoded = (value: unknown) => btoa(unescape(encodeURIComponent(JSON.stringify(value)))).replaceAll("=", "");

function forgedOf(head: object, { sub, ...changes }: { sub?: string; call?: string }, signature: string): string {
  const iat = Math.floor(Date.now() / 1000);
  const id = sub === undefined || sub === REAL ? runner.id : sub.toWellFormed();
  const claims = { iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, category: CATEGORY, iat, ...changes, sub: id };
  return `${encoded(head)}.${encoded(claims)}.${signature.replaceAll(/[+/=]/g, "")}`;
}

function dial(path: string, protocol: string, token: string): Promise<Response> {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": protocol, Authorization: `Bearer ${token}` };
  return exports.default.fetch(
    new Request(`http://gateway.invalid${path}`, { headers: { "CF-Connecting-IP": crypto.randomUUID(), ...headers } }),
  );
}

test("no forged token opens a line, and the real one still does", async () => {
  await fc.assert(
    fc.asyncProperty(header, claim, fc.base64String({ maxLength: 90 }), async (head, claims, signature) => {
      const token = forgedOf(head, claims, signature);
      const path = `/runner/v1/connect?category=${CATEGORY}`;
      expect([401, 429]).toContain(await expectJudged(await dial(path, SUBPROTOCOL, token)));
    }),
    fuzzing(),
  );
  await aWelcomedLine(runner);
});

test("no forged token makes a call outside of a line", async () => {
  const path = fc.constantFrom("self", "leave");
  const calling = fc.record({ claims: claim, call: fc.oneof(path, hostileText), isOwnKey: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      header,
      path,
      calling,
      fc.base64String({ maxLength: 90 }),
      async (head, path, given, signature) => {
        const named = given.isOwnKey ? { sub: runner.key.publicKey } : {};
        const token = forgedOf(head, { ...given.claims, call: given.call, ...named }, signature);
        const response = await call(`/runner/v1/${path}`, { method: "POST", token });
        expect([401, 429]).toContain(await expectJudged(response));
      },
    ),
    fuzzing(),
  );
  await aWelcomedLine(runner);
});

test("a good token cut, spoilt or signed by another key opens nothing", async () => {
  const good = await upgradeToken(runner);
  const place = fc.nat(good.length - 8);
  const spoiltToken = fc.oneof(
    place.map((end) => good.slice(0, end)),
    place.map((at) => `${good.slice(0, at)}${good[at] === "A" ? "B" : "A"}${good.slice(at + 1)}`),
  );
  await fc.assert(
    fc.asyncProperty(spoiltToken, async (token) => {
      const path = `/runner/v1/connect?category=${CATEGORY}`;
      expect([401, 429]).toContain(await expectJudged(await dial(path, SUBPROTOCOL, token)));
    }),
    fuzzing(),
  );
});

test("a relay is found by no made-up query", async () => {
  const good = await upgradeToken(runner);
  const word = hostileText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 2_000));
  const parameter = (name: string, sound: string) =>
    fc.oneof(fc.constant(sound), word).map((text) => `${name}=${text}`);
  const query = fc.tuple(
    parameter("category", CATEGORY),
    parameter("job", "54112"),
    parameter("incarnation", "00112233445566aa"),
    parameter("attempt", "1"),
    parameter("nonce", "0".repeat(32)),
  );
  await fc.assert(
    fc.asyncProperty(query, async (parts) => {
      const path = `/runner/v1/relay?${parts.join("&")}`;
      expect([401, 404, 429]).toContain(await expectJudged(await dial(path, RELAY_SUBPROTOCOL, good)));
    }),
    fuzzing(),
  );
});
