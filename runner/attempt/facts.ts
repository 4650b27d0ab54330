/**
 * Facts as frames: keyed (ref, kind), the start always before the end, repeated until acknowledged. Their age is
 * computed when they leave.
 */
import type { Fact, RunnerFrame } from "../../shared/protocol.ts";
import { type Attempt, elapsedMs, type Moment } from "./record.ts";

type FactFrame = Extract<RunnerFrame, { type: "fact" }>;

export function factsToTell(attempt: Attempt, now: Moment): FactFrame[] {
  if (attempt.settled !== "no") {
    return [];
  }
  const facts: Fact[] = [];
  if (attempt.started !== null && !attempt.startedAcked) {
    facts.push({ kind: "started", agoMs: elapsedMs(attempt.started, now), imageDigest: attempt.imageDigest });
  }
  if (attempt.outcome?.kind === "not-started") {
    facts.push({ kind: "not-started", failure: attempt.outcome.failure });
  }
  if (attempt.outcome?.kind === "exited") {
    const { at, ...ended } = attempt.outcome;
    facts.push({ ...ended, agoMs: elapsedMs(at, now) });
  }
  return facts.map((fact) => ({ type: "fact", ref: attempt.ref, fact }));
}
