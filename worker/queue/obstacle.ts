/** Why a job that waits is not offered to anybody, by the machines alone; null: they take jobs, and others come first. */
import { fits } from "../../shared/plan.ts";
import { hasDrives, type Served, servedBy, wishOf } from "./drives.ts";
import type { At, Terms } from "./job.ts";
import { givesNetwork } from "./match.ts";
import type { RunnerRow } from "./runner-store.ts";
import { silentForMs } from "./signs.ts";
import type { QueueState } from "./state.ts";

/** `code`: why a runner is closed, in its own short word. */
export type Obstacle =
  | { kind: "paused" | "none_connected" | "none_has_drives" | "none_has_network" | "none_big_enough" | "silent" }
  /** `untilMs`: of a drain that ends by itself, the first of them. */
  | { kind: "closed"; code: string; untilMs: number | null };

/** What decides which machines could take a job. */
export type Needs = { terms: Pick<Terms, "resources" | "gpuKind" | "network" | "drives">; workspace: string };

/** A runner with an open line. */
export type Connected = { row: RunnerRow; drives: Served; isSilent: boolean };

/** What every waiting job of a queue depends on. */
export type Situation = { isPaused: boolean; connected: Connected[] };

export function situationOf(state: QueueState, at: At): Situation {
  return { isPaused: isHalted(state), connected: connectedRunners(state, at) };
}

/** Nothing is offered, whatever machines there are. */
export function isHalted(state: QueueState): boolean {
  const { paused, restored } = state.settings.get();
  return paused !== null || restored !== null;
}

export function connectedRunners(state: QueueState, { times }: At): Connected[] {
  return state.runners
    .all()
    .filter((row) => !row.revoked && state.lineOf(row.id) !== null)
    .map((row) => {
      const isSilent = (silentForMs(state, row.id) ?? 0) > times.leaseMs;
      return { row, drives: servedBy(row.capacity), isSilent };
    });
}

export function obstacleOf(job: Needs, { isPaused, connected }: Situation): Obstacle | null {
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
    ({ row: { capacity } }) =>
      fits(terms.resources, capacity.total) && (terms.gpuKind === null || terms.gpuKind === capacity.gpuKind),
  );
  if (able.length === 0) {
    return { kind: "none_big_enough" };
  }
  const heard = able.filter((runner) => !runner.isSilent);
  if (heard.length === 0) {
    return { kind: "silent" };
  }
  const codes = heard.map(({ row }) => closedBy(row));
  const [first] = codes;
  if (first === undefined || codes.includes(undefined)) {
    return null;
  }
  const untils = heard.flatMap(({ row }) => row.drained?.until ?? []);
  const isKnown = first === "drain" && untils.length > 0;
  return { kind: "closed", code: first, untilMs: isKnown ? Math.min(...untils) : null };
}

/** In one short word; undefined: it takes jobs. */
export function closedBy({ drained, trouble, capacity }: RunnerRow): string | undefined {
  if (drained !== null) {
    return "drain";
  }
  return capacity.closed?.code ?? (trouble === null ? undefined : "degraded");
}
