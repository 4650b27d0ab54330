/** UCloud was away and calls again: then it is back, whatever is left of a long wait. */
import type { At } from "./job.ts";
import type { QueueState } from "./state.ts";

/** Its users' calls come together after an outage; what it is to be told is spread over this. */
const BACK_WITHIN_MS = 1_000;

/** Part of every turn that UCloud has caused. The tries stay counted: if it fails again the waits go on growing. */
export function hearUcloud({ settings, ports }: QueueState, { nowMs }: At): void {
  const { outage } = settings.get();
  const soonMs = nowMs + 1 + Math.floor(ports.random() * BACK_WITHIN_MS);
  if (outage !== null && outage.notBeforeMs > soonMs) {
    settings.set({ outage: { ...outage, notBeforeMs: soonMs } });
  }
}
