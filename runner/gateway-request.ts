/** A question to the gateway, on the way that its lines take. */
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { wayTo } from "./proxy.ts";

/** `token`: it is signed by the runner's key. */
type Question = { timeoutMs: number; json?: object; token?: string };
export type Answer = { status: number; date: string | undefined; retryAfter: string | undefined; body: string };

/** POST with `json`, else GET. Throws the system's error, or `ProxyError`; any status is an answer. */
export async function askGateway(address: string, { timeoutMs, json, token }: Question): Promise<Answer> {
  const url = new URL(address);
  const { request } = url.protocol === "https:" ? https : http;
  const asked = request(url, {
    ...{ method: json === undefined ? "GET" : "POST", signal: AbortSignal.timeout(timeoutMs), ...wayTo(url) },
    headers: {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve);
    asked.on("error", reject);
    asked.end(json === undefined ? undefined : JSON.stringify(json));
  });
  const { date, "retry-after": retryAfter } = response.headers;
  return { status: response.statusCode ?? 0, date, retryAfter, body: await text(response) };
}
