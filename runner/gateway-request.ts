/** A question to the gateway, on the way that its lines take. */
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { wayTo } from "./proxy.ts";

type Question = {
  timeoutMs: number;
  method?: "GET" | "POST";
  json?: object | undefined;
  headers?: Record<string, string>;
};
export type GatewayAnswer = {
  status: number;
  date: string | undefined;
  retryAfter: string | undefined;
  body: string;
};

/** POST with `json`, else GET where nothing else is said. Throws the system's error, or `ProxyError`; any status is an answer. */
export async function askGateway(address: string, question: Question): Promise<GatewayAnswer> {
  const { timeoutMs, json, method = json === undefined ? "GET" : "POST", headers = {} } = question;
  const url = new URL(address);
  const { request } = url.protocol === "https:" ? https : http;
  const asked = request(url, {
    ...{ method, signal: AbortSignal.timeout(timeoutMs), ...wayTo(url) },
    headers: json === undefined ? headers : { ...headers, "content-type": "application/json" },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve);
    asked.on("error", reject);
    asked.end(json === undefined ? undefined : JSON.stringify(json));
  });
  const { date, "retry-after": retryAfter } = response.headers;
  return { status: response.statusCode ?? 0, date, retryAfter, body: await text(response) };
}
