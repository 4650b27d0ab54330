/** Why a job that waits is not offered to anybody, by the machines alone; null: they take jobs, and others come first. */
import { fits } from "../../shared/plan.ts";
import { hasDrives, type Served, servedBy, wishOf } from "./drives.ts";
import { hasGpus } from "./gpus.ts";
import type { At, Terms } from "./job.ts";
import { closesAtMs, endsByMs, isDrained } from "./maintenance.ts";
import { givesNetwork } from "./match.ts";
import type { RunnerRow } from "./runner-store.ts";
import { silentForMs } from "./signs.ts";
import type { QueueState } from "./state.ts";

/** `code`: why a runner is closed, in its own short word. */
export type Obstacle =
  | { kind: "paused" | "none_connected" | "none_has_drives" | "none_has_network" | "none_big_enough" | "silent" }
  /** They take jobs that are over by then, the last of them; this one would not be. */
  | { kind: "closing"; fromMs: number }
  /** `untilMs`: of a drain that ends by itself, the first of them. */
  | { kind: "closed"; code: string; untilMs: number | null };

/** What decides which machines could take a job. */
export type Needs = {
  terms: Pick<Terms, "resources" | "gpuKind" | "network" | "drives" | "wallMs" | "stopGraceMs">;
  workspace: string;
};

/** A runner with an open line. */
export type Connected = { row: RunnerRow; drives: Served; isSilent: boolean; code: string | undefined };

/** What every waiting job of a queue depends on. */
export type Situation = { nowMs: number; isPaused: boolean; connected: Connected[] };

export function situationOf(state: QueueState, at: At): Situation {
  return { nowMs: at.nowMs, isPaused: isHalted(state), connected: connectedRunners(state, at) };
}

/** Nothing is offered, whatever machines there are. */
export function isHalted(state: QueueState): boolean {
  const { paused, restored } = state.settings.get();
  return paused !== null || restored !== null;
}

export function connectedRunners(state: QueueState, { nowMs, times }: At): Connected[] {
  return state.runners
    .all()
    .filter((row) => !row.revoked && state.lineOf(row.id) !== null)
    .map((row) => {
      const isSilent = (silentForMs(state, row.id) ?? 0) > times.leaseMs;
      return { row, drives: servedBy(row.capacity), isSilent, code: closedBy(row, nowMs) };
    });
}

export function obstacleOf(job: Needs, situation: Situation): Obstacle | null {
  const { isPaused, connected } = situation;
  if (isPaused) {
    return { kind: "paused" };
  }
  if (connected.length === 0) {
    return { kind: "none_connected" };
  }
  const { terms } = job;
  const having = connected.filter(({ drives }) => hasDrives(drives, wishOf(job)));
  if (having.length === 0) {
    return { kind: "none_has_drives" };
  }
  const linking = having.filter(({ row }) => givesNetwork(row.capacity, terms));
  if (linking.length === 0) {
    return { kind: "none_has_network" };
  }
  const able = linking.filter(
    ({ row: { capacity } }) => fits(terms.resources, capacity.total) && hasGpus(terms, capacity),
  );
  if (able.length === 0) {
    return { kind: "none_big_enough" };
  }
  const heard = able.filter((runner) => !runner.isSilent);
  if (heard.length === 0) {
    return { kind: "silent" };
  }
  const open = heard.filter(({ code }) => code === undefined);
  return open.length > 0 ? closingObstacle(terms, open, situation) : closedObstacle(heard);
}

/** Null: the job would be over before one of them closes. */
function closingObstacle(terms: Needs["terms"], open: Connected[], { nowMs }: Situation): Obstacle | null {
  const fromMs = Math.max(...open.map(({ row }) => closesAtMs(row, nowMs)));
  return endsByMs(terms, nowMs) <= fromMs ? null : { kind: "closing", fromMs };
}

function closedObstacle(heard: Connected[]): Obstacle {
  const first = heard[0]?.code ?? "";
  const untils = heard.flatMap(({ row }) => row.drained?.until ?? []);
  const isKnown = first === "drain" && untils.length > 0;
  return { kind: "closed", code: first, untilMs: isKnown ? Math.min(...untils) : null };
}

/** In one short word; undefined: it takes jobs. */
export function closedBy(row: RunnerRow, nowMs: number): string | undefined {
  const { trouble, capacity } = row;
  if (isDrained(row, nowMs)) {
    return "drain";
  }
  return capacity.closed?.code ?? (trouble === null ? undefined : "degraded");
}
