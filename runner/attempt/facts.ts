/**
 * Facts as frames: keyed, the start always first and the end last, repeated until acknowledged. Their age is
 * computed when they leave.
 */
import type { Fact, RunnerFrame } from "../../shared/protocol.ts";
import type { JobSettings } from "./context.ts";
import { type Attempt, type Ended, elapsedMs, type Moment } from "./record.ts";
import { resultsOf } from "./results.ts";

export type FactFrame = Extract<RunnerFrame, { type: "fact" }>;

export function factsToTell(attempt: Attempt, now: Moment, settings: JobSettings): FactFrame[] {
  if (attempt.settled !== "no") {
    return [];
  }
  const facts: Fact[] = [];
  if (attempt.started !== null && !attempt.startedAcked) {
    const { started, imageDigest, outputFolder } = attempt;
    const shown = outputFolder === null ? {} : { outputFolder };
    facts.push({ kind: "started", agoMs: elapsedMs(started, now), imageDigest, ...shown });
  }
  if (attempt.extended !== null && !attempt.extended.acked) {
    facts.push({ kind: "extended", wallMs: attempt.extended.wallMs });
  }
  for (const { at, kind, n, byLimit } of attempt.suspension?.untold ?? []) {
    const agoMs = elapsedMs(at, now);
    facts.push(kind === "suspended" ? { kind, n, agoMs } : { kind, n, agoMs, byLimit });
  }
  if (attempt.outcome?.kind === "not-started") {
    facts.push({ kind: "not-started", failure: attempt.outcome.failure });
  }
  // UCloud's users look into the folder when they hear of the end.
  if (attempt.outcome?.kind === "exited" && attempt.outputDue === null) {
    const { at, ...ended } = attempt.outcome;
    const results = resultsOf(attempt, settings);
    const told = { ...ended, ...overDisk(ended), agoMs: elapsedMs(at, now) };
    facts.push(results === undefined ? told : { ...told, results });
  }
  return facts.map((fact) => ({ type: "fact", ref: attempt.ref, fact }));
}

/** A gateway that does not know `disk` must tell a failure, whatever the program made of its end. */
function overDisk({ disk, exitCode }: Pick<Ended, "disk" | "exitCode">): Partial<Ended> {
  return disk === undefined ? {} : { cause: "exit", exitCode: exitCode === 0 ? null : exitCode };
}

/** Whether a change of the attempt from what it was `before` brought this fact. */
export function isNews(fact: Fact, before: Attempt): boolean {
  switch (fact.kind) {
    case "started":
      return before.started === null;
    case "exited":
      return before.outcome === null || before.outputDue !== null;
    case "not-started":
      return before.outcome === null;
    case "extended":
      return before.extended?.acked !== false || before.extended.wallMs !== fact.wallMs;
    case "suspended":
    case "resumed":
      return !before.suspension?.untold.some(({ kind, n }) => kind === fact.kind && n === fact.n);
    default:
      return fact satisfies never;
  }
}
