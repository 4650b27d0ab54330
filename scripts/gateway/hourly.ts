/** Rings the Worker's clock as Cloudflare's cron trigger does, over a socket in the state folder. */
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Tell } from "./workerd.ts";

const EVERY_MS = 3_600_000;
const PATIENCE_MS = 60_000;

/** The HTTP status that it was answered. */
function ring(socketPath: string, path = "/"): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method: "POST", path, timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", reject);
    asked.end();
  });
}

/** The queues are told that they were put back. */
export async function ringRestored(socketPath: string): Promise<void> {
  const status = await ring(socketPath, "/restored");
  if (status !== 204) {
    throw new Error(`the queues do not take it that they were put back: HTTP ${status}`);
  }
}

/** At once and then every hour, until it is told to stop. */
export async function ringHourly(socketPath: string, stop: AbortSignal, tell: Tell): Promise<void> {
  while (!stop.aborted) {
    await ring(socketPath).catch(() => tell("gateway.clock_unheard"));
    await pause(EVERY_MS, undefined, { signal: stop }).catch(() => {});
  }
}
