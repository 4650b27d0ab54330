/** `HEAD /healthz`: what a monitor needs is the status alone. */
import { expect, test } from "vitest";
import { advance } from "../support/clock.ts";
import { call } from "../support/gateway.ts";
import { refuseRefreshSince } from "../support/queues.ts";

/** The queues are asked at most this often. */
const KEEP_MS = 10_000;

async function head(path: string): Promise<[number, string]> {
  const response = await call(path, { method: "HEAD" });
  return [response.status, await response.text()];
}

test("it is answered like GET, without a body", async () => {
  advance(KEEP_MS);
  expect(await head("/healthz")).toEqual([200, ""]);
  await refuseRefreshSince(Date.now());
  advance(600_000);
  expect(await head("/healthz")).toEqual([503, ""]);
});
