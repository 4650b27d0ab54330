/** How long a job may run: what the user asked for, within what the machine type allows. */
import type { Product } from "../../shared/product.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { TimeAllocation } from "./schema.ts";

const FIELD = "specification.timeAllocation";

/** The parts are not normalised: 90 minutes are fine, and so are -1 hour and 120 minutes. Only their sum counts. */
export function wallTime(
  allocation: TimeAllocation,
  { defaultTime, maxTime }: Pick<Product, "defaultTime" | "maxTime">,
): { kind: "ok"; wallMs: number } | Refusal {
  const seconds = allocation ? secondsOf(allocation) : defaultTime;
  if (seconds <= 0) {
    return refuse(FIELD, "The time allocation must be more than zero.");
  }
  if (seconds > maxTime) {
    return refuse(FIELD, `The time allocation may be at most ${spelled(maxTime)} on this machine type.`);
  }
  return { kind: "ok", wallMs: seconds * 1000 };
}

export function secondsOf({ hours, minutes, seconds }: NonNullable<TimeAllocation>): number {
  return hours * 3600 + minutes * 60 + seconds;
}

/** The largest unit that needs no fraction, and the seconds beside it for those who count. */
export function spelled(seconds: number): string {
  const units: [string, number][] = [
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, length] of units) {
    if (seconds % length === 0) {
      const count = seconds / length;
      return `${count} ${unit}${count === 1 ? "" : "s"} (${seconds} s)`;
    }
  }
  return `${seconds} s`;
}
