/** A job's state as the gateway says it: of a finished job its outcome. */
import { badge, type Tone } from "./parts.ts";

const OUTCOMES = ["SUCCESS", "FAILURE", "EXPIRED"];

const TONES: Record<string, Tone> = {
  ...{ running: "good", suspended: "warn", held: "warn", SUCCESS: "good", FAILURE: "bad", EXPIRED: "bad" },
};

export function isOver(state: string): boolean {
  return OUTCOMES.includes(state);
}

export function stateBadge(state: string): HTMLElement {
  return badge(TONES[state] ?? "quiet", state);
}
