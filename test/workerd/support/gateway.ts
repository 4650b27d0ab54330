/** Calls of the gateway, as UCloud/Core, as an administrator, or as nobody. */
import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import worker from "../../../worker/index.ts";
import { ADMIN_TOKENS } from "./bindings.ts";
import { coreToken } from "./core-tokens.ts";

type Call = { method?: string; token?: string | null; body?: unknown; headers?: Record<string, string> };

/** A `body` that is a text goes as it is, anything else as JSON. */
export function call(path: string, given: Call = {}): Promise<Response> {
  return exports.default.fetch(aRequest(path, given));
}

/** The same with other settings; objects keep those that they were made with. */
export function callWith(settings: Partial<Cloudflare.Env>, path: string, given: Call = {}): Promise<Response> {
  return worker.fetch(aRequest(path, given), { ...env, ...settings }, createExecutionContext());
}

function aRequest(path: string, given: Call): Request<unknown, IncomingRequestCfProperties> {
  const { method, token, body, headers = {} } = given;
  // Each call comes from an address of its own, so that no test uses up the rate of another.
  const all = new Headers({ "CF-Connecting-IP": crypto.randomUUID(), ...headers });
  if (token) {
    all.set("Authorization", `Bearer ${token}`);
  }
  return new Request(`http://gateway.invalid${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: all,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

/** `path` is below the provider's, such as `/jobs`. */
export async function callAsCore(path: string, body?: unknown): Promise<Response> {
  return call(`/ucloud/ucloud${path}`, { token: await coreToken(), body });
}

export function callAsAdmin(path: string, body?: unknown): Promise<Response> {
  return call(`/admin${path}`, { token: ADMIN_TOKENS[0] ?? null, body });
}

/** An error has this shape and nothing else; returns its sentence. */
export async function expectError(response: Response, statusCode: number, errorCode?: string): Promise<string> {
  const body: unknown = await response.json();
  expect(body).toEqual({
    statusCode,
    why: expect.stringMatching(/\.$/),
    errorCode: errorCode ?? expect.stringMatching(/^[A-Z_]+$/),
  });
  expect(response.status).toBe(statusCode);
  return sentenceOf(body);
}

function sentenceOf(body: unknown): string {
  return typeof body === "object" && body !== null && "why" in body ? String(body.why) : "";
}
