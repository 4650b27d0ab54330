/** One attempt on a node of the simulation, and what the node has to say of it until it is acknowledged. */
import type { Failure } from "../../../shared/failure.ts";
import type { Ref } from "../../../shared/ids.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import type { Exited, Fact } from "../../../shared/protocol.ts";
import { outputFolderOf } from "./files.ts";

export type Held = {
  ref: Ref;
  plan: JobPlan | null;
  phase: "preparing" | "ready" | "granted" | "running" | "ended";
  cancelled: boolean;
  startedAtMs: number | null;
  startedAcked: boolean;
  /** The running time that it counts with, and whether the gateway knows. */
  wallMs: number;
  wallUntold: boolean;
  suspension: { n: number; paused: boolean; untold: Extract<Fact, { kind: "suspended" | "resumed" }>[] };
  outcome:
    | { kind: "exited"; cause: Exited["cause"]; exitCode: number | null; ranMs: number | null }
    | { kind: "not-started"; failure: Failure }
    | null;
};

export function mayRun({ phase }: Held): boolean {
  return phase === "running" || phase === "granted";
}

export function startOf({ plan }: Held, agoMs: number): Fact {
  return { kind: "started", agoMs, imageDigest: null, ...outputFolderOf(plan ?? {}) };
}

/** Everything that was not acknowledged, in order. */
export function factsOf(one: Held, nowMs: number): Fact[] {
  const { startedAtMs, startedAcked, wallUntold, wallMs, suspension, outcome } = one;
  const facts: Fact[] = [];
  if (startedAtMs !== null && !startedAcked) {
    facts.push(startOf(one, Math.max(0, nowMs - startedAtMs)));
  }
  if (wallUntold) {
    facts.push({ kind: "extended", wallMs });
  }
  facts.push(...suspension.untold);
  if (outcome?.kind === "not-started") {
    facts.push(outcome);
  }
  if (outcome?.kind === "exited") {
    facts.push({ ...outcome, reason: lostReason(outcome.cause), oom: false, agoMs: 0, tail: null });
  }
  return facts;
}

function lostReason(cause: Exited["cause"]): Exited["reason"] {
  return cause === "lost" ? "machine_restarted" : null;
}
