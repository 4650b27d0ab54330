/** `fetch` to UCloud, with a look at its clock by the way: tokens and the ages of jobs are judged by both clocks. */
import { coreClock } from "../isolate.ts";
import type { Fetch } from "./asker.ts";

/** `Date` is given in whole seconds. */
const RESOLUTION_MS = 1_000;

export const coreFetch: Fetch = async (input, init) => {
  const sentMs = Date.now();
  const response = await fetch(input, init);
  coreClock.aheadMs =
    clockAheadMs(response.headers.get("Date"), { sentMs, receivedMs: Date.now() }) ?? coreClock.aheadMs;
  return response;
};

/** How far UCloud's clock is ahead of ours at least, below 0: behind; null: it does not say. */
export function clockAheadMs(
  date: string | null,
  { sentMs, receivedMs }: { sentMs: number; receivedMs: number },
): number | null {
  const saidMs = Date.parse(date ?? "");
  if (Number.isNaN(saidMs)) {
    return null;
  }
  return Math.max(0, saidMs - receivedMs) + Math.min(0, saidMs + RESOLUTION_MS - sentMs);
}
