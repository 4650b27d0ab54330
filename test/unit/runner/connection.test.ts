/** A line from the first dial to the goodbye, against a real socket. */
import { createPublicKey, verify } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { proofText, SUBPROTOCOL } from "../../../shared/proof.ts";
import { until } from "../../support/manual-clock.ts";
import {
  aFact,
  aWelcomedLine,
  CATEGORY,
  ConnectionUnderTest,
  PUBLIC_KEY,
} from "../../support/runner/connection-under-test.ts";
import { aWelcome } from "../../support/runner/gateway-line.ts";
import { ScriptedGateway } from "../../support/runner/scripted-gateway.ts";

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await ScriptedGateway.open();
});
afterEach(() => gateway.close());

function isSignedByRunner(text: string, signature: Buffer): boolean {
  const x = Buffer.from(PUBLIC_KEY, "base64").toString("base64url");
  return verify(
    null,
    Buffer.from(text),
    createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }),
    signature,
  );
}

test("the upgrade names category and subprotocol and carries a token signed by the runner's key", async () => {
  const runner = new ConnectionUnderTest(gateway);
  runner.line.dial();
  const { path, protocol, token, claims } = await gateway.upgrade();
  expect(path).toBe(`/runner/v1/connect?category=${CATEGORY}`);
  expect(protocol).toBe(SUBPROTOCOL);
  const iat = Math.floor(runner.clock.nowMs() / 1000);
  expect(claims).toEqual({ iss: "ucloud-runner", aud: "ucloud-edge", sub: "runner-1", category: CATEGORY, iat });
  const [head, body, signature] = token.split(".");
  expect(isSignedByRunner(`${head}.${body}`, Buffer.from(signature ?? "", "base64url"))).toBe(true);
});

test("hello waits for the challenge and signs exactly its nonce", async () => {
  const runner = new ConnectionUnderTest(gateway);
  runner.line.dial();
  const line = await gateway.line();
  await runner.clock.advance(1_000);
  expect(line.received).toEqual([]);
  line.challenge("a-nonce-of-the-queue");
  const hello = await line.frame("hello");
  const { instance } = runner.options;
  const text = proofText({ nonce: "a-nonce-of-the-queue", runner: "runner-1", category: CATEGORY, instance });
  expect(isSignedByRunner(text, Buffer.from(hello.proof, "base64"))).toBe(true);
  expect(hello).toMatchObject({ ...runner.description, version: "0.1.0", machine: { podman: "4.3.1" } });
});

test("a welcomed line is connected, counts from its hello and logs one welcome", async () => {
  const { runner, line } = await aWelcomedLine(gateway);
  expect(runner.line.state()).toMatchObject({ category: CATEGORY, connected: true, trouble: null });
  expect(runner.heardAtMs).toEqual([runner.clock.uptimeMs()]);
  runner.line.sayHello();
  await line.frame("hello", 2);
  line.say(aWelcome());
  await runner.isWelcomed(2);
  expect(runner.logged("welcome")).toHaveLength(1);
});

test("no frame leaves on a socket that is not welcomed, nor on none", async () => {
  const runner = new ConnectionUnderTest(gateway);
  expect(runner.line.send(aFact())).toBe(false);
  runner.line.dial();
  const line = await gateway.line();
  line.challenge();
  await line.frame("hello");
  expect(runner.line.send(aFact())).toBe(false);
  line.say(aWelcome());
  await runner.isWelcomed();
  expect(runner.line.send(aFact())).toBe(true);
  await line.frame("fact");
  line.cut();
  await until(() => runner.told.includes("lost"));
  expect(runner.line.send(aFact())).toBe(false);
  expect(line.frames("fact")).toHaveLength(1);
});

test("without a nonce there is no hello to repeat", async () => {
  const runner = new ConnectionUnderTest(gateway);
  runner.line.sayHello();
  runner.line.dial();
  const line = await gateway.line();
  runner.line.sayHello();
  line.challenge();
  await line.frame("hello");
  expect(line.frames("hello")).toHaveLength(1);
});

test("frames about jobs reach the listener in order, the line's own do not", async () => {
  const { runner, line } = await aWelcomedLine(gateway);
  const ref = { job: "1", incarnation: "00112233445566aa", attempt: 1, rank: 0 };
  line.say({ type: "go", ref });
  line.say({ type: "error", code: "bad_frame", field: "x", message: "no" });
  line.say({ type: "cancel", ref });
  await until(() => runner.told.includes("cancel"));
  expect(runner.told).toEqual(["welcomed", "go", "cancel"]);
  expect(runner.logged("gateway.error")[0]?.fields).toMatchObject({ code: "bad_frame", field: "x" });
});

test("a pong counts from when its ping was sent", async () => {
  const { runner, line } = await aWelcomedLine(gateway, {
    times: { pingMs: 1_000, pongMs: 500, leaseMs: 9_000, startMs: 1, stopMarginMs: 1 },
  });
  line.answersPings = false;
  const startedMs = runner.clock.uptimeMs();
  await runner.clock.advance(1_000);
  await until(() => line.pings === 1, "a ping");
  await runner.clock.advance(400);
  line.sayRaw("pong");
  await until(() => runner.heardAtMs.length === 2, "the answer");
  expect(runner.heardAtMs).toEqual([startedMs, startedMs + 1_000]);
  expect(runner.line.state().lastHeardMs).toBe(startedMs + 1_000);
});

test("close says bye, ends the socket normally and does not dial again", async () => {
  const { runner, line } = await aWelcomedLine(gateway);
  runner.line.close("the runner is stopping");
  expect(await line.closed).toBe(1000);
  expect(line.frames("bye")).toEqual([{ type: "bye", reason: "the runner is stopping" }]);
  await runner.clock.advance(600_000);
  expect(gateway.upgrades).toHaveLength(1);
  expect(runner.told).toEqual(["welcomed"]);
  expect(runner.pending).toBe(0);
  expect(runner.logged("connection.redial")).toEqual([]);
});

test("close while it waits to dial again leaves no timer behind", async () => {
  const { runner, line } = await aWelcomedLine(gateway);
  line.cut();
  await runner.redial();
  runner.line.close("the runner is stopping");
  expect(runner.pending).toBe(0);
  runner.line.dial();
  await runner.clock.advance(1_000);
  expect(gateway.upgrades).toHaveLength(1);
});
