/** A runner as the gateway sees it: a key, an enrolment, an upgrade, and frames on a socket. */
import { exports } from "cloudflare:workers";
import { SignJWT } from "jose";
import { expect } from "vitest";
import * as z from "zod";
import { SUBPROTOCOL, TOKEN_AUDIENCE, TOKEN_ISSUER } from "../../../shared/proof.ts";
import { call, callAsAdmin } from "./gateway.ts";
import { capacityOf, RunnerLine } from "./runner-line.ts";

export const CATEGORY = "example-compute";

export type RunnerKey = { publicKey: string; privateKey: CryptoKey };
export type Runner = { id: string; name: string; key: RunnerKey };

export async function aRunnerKey(): Promise<RunnerKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) {
    throw new Error("Ed25519 has two halves");
  }
  const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
  if (!(raw instanceof ArrayBuffer)) {
    throw new Error("a raw key is bytes");
  }
  return { publicKey: base64(raw), privateKey: pair.privateKey };
}

export function base64(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

const codeSchema = z.object({ code: z.string(), expiresAt: z.number() });
const enrolledSchema = z.object({ runner: z.object({ id: z.string(), name: z.string() }) });

/** With `namePattern` it is for no name of its own. */
export async function anEnrolmentCode(given: Record<string, unknown> = {}): Promise<string> {
  const name = given.namePattern === undefined ? "node-1" : undefined;
  const response = await callAsAdmin("/enrollments", { name, categories: [CATEGORY], ...given });
  expect(response.status).toBe(201);
  return codeSchema.parse(await response.json()).code;
}

export function enroll(
  code: string,
  key: { publicKey: string },
  given: Record<string, unknown> = {},
): Promise<Response> {
  return call("/runner/v1/enroll", { body: { code, publicKey: key.publicKey, ...given } });
}

export async function anEnrolledRunner(given: { name?: string; categories?: string[] } = {}): Promise<Runner> {
  const key = await aRunnerKey();
  const response = await enroll(await anEnrolmentCode(given), key);
  expect(response.status).toBe(200);
  return { ...enrolledSchema.parse(await response.json()).runner, key };
}

export type TokenChanges = {
  sub?: string;
  category?: string;
  iat?: number;
  iss?: string;
  aud?: string;
  relay?: string;
  key?: RunnerKey;
};

export function upgradeToken({ id, key }: Runner, changes: TokenChanges = {}): Promise<string> {
  const { key: signer = key, ...claims } = changes;
  const iat = Math.floor(Date.now() / 1000);
  const standard = { iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, sub: id, category: CATEGORY, iat };
  return new SignJWT({ ...standard, ...claims }).setProtectedHeader({ alg: "EdDSA" }).sign(signer.privateKey);
}

type Upgrade = { token?: string | null; category?: string; headers?: Record<string, string> };

export function upgrade({ token, category = CATEGORY, headers = {} }: Upgrade): Promise<Response> {
  const url = `http://gateway.invalid/runner/v1/connect?category=${encodeURIComponent(category)}`;
  // As in gateway.ts: no test uses up the rate of another.
  const own = { "CF-Connecting-IP": crypto.randomUUID() };
  const standard = { Upgrade: "websocket", "Sec-WebSocket-Protocol": SUBPROTOCOL, ...own, ...headers };
  const given = new Headers(standard);
  if (token) {
    given.set("Authorization", `Bearer ${token}`);
  }
  return exports.default.fetch(new Request(url, { headers: given }));
}

/** An open line on which nothing was said yet but the gateway's challenge. */
export async function anOpenLine(runner: Runner, category = CATEGORY, headers = {}): Promise<RunnerLine> {
  const response = await upgrade({ token: await upgradeToken(runner, { category }), category, headers });
  return lineOf(response, runner, category);
}

export function lineOf(response: Response, runner: Runner, category = CATEGORY): Promise<RunnerLine> {
  expect(response.status).toBe(101);
  const { webSocket } = response;
  if (!webSocket) {
    throw new Error("the upgrade brought no socket");
  }
  return RunnerLine.open(webSocket, { runner, category });
}

/** A line whose `hello` was welcomed, of a machine with as many cores. */
export async function aWelcomedLine(runner: Runner, category = CATEGORY, cpu?: number): Promise<RunnerLine> {
  const line = await anOpenLine(runner, category);
  await line.sayHello(cpu === undefined ? {} : { capacity: capacityOf(cpu) });
  await line.next("welcome");
  return line;
}
