/** Why a job that waits is not offered to anybody, by the machines alone; null: they take jobs, and others come first. */
import { fits } from "../../shared/plan.ts";
import type { At, Terms } from "./job.ts";
import type { RunnerRow } from "./runner-store.ts";
import { silentForMs } from "./signs.ts";
import type { QueueState } from "./state.ts";

/** `code`: why a runner is closed, in its own short word. */
export type Obstacle = { kind: "none_connected" | "none_big_enough" | "silent" } | { kind: "closed"; code: string };

type Size = Pick<Terms, "resources" | "gpuKind">;

/** A runner with an open line. */
export type Connected = { row: RunnerRow; isSilent: boolean };

export function connectedRunners(state: QueueState, { times }: At): Connected[] {
  return state.runners
    .all()
    .filter((row) => !row.revoked && state.lineOf(row.id) !== null)
    .map((row) => ({ row, isSilent: (silentForMs(state, row.id) ?? 0) > times.leaseMs }));
}

export function obstacleOf({ terms }: { terms: Size }, connected: Connected[]): Obstacle | null {
  if (connected.length === 0) {
    return { kind: "none_connected" };
  }
  const able = connected.filter(
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
  const codes = heard.map(({ row }) => row.capacity.closed?.code);
  const [first] = codes;
  return first === undefined || codes.includes(undefined) ? null : { kind: "closed", code: first };
}
