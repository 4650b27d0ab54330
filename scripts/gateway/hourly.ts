/** Rings the Worker's clock as Cloudflare's cron trigger does, over a socket in the state folder. */
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Tell } from "./workerd.ts";

const EVERY_MS = 3_600_000;
const PATIENCE_MS = 60_000;

/** The HTTP status that it was answered. */
export function ring(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method: "POST", path: "/", timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", reject);
    asked.end();
  });
}

/** Until it is told to stop. A ring that nobody hears is followed by the next. */
export async function ringHourly(socketPath: string, stop: AbortSignal, tell: Tell): Promise<void> {
  for (;;) {
    try {
      await pause(EVERY_MS, undefined, { signal: stop });
    } catch {
      return;
    }
    await ring(socketPath).catch(() => tell("gateway.clock_unheard"));
  }
}
