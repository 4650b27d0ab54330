/** How full a queue's machines are, and whether a job that comes now has to wait. */
import { addResources, NO_RESOURCES } from "../../shared/plan.ts";
import { coreClock } from "../isolate.ts";
import type { QueueHealth, QueueLoad, QueueStatus } from "./api.ts";
import { readUsage } from "./lanes.ts";
import { connectedRunners, situationOf } from "./obstacle.ts";
import type { QueueState } from "./state.ts";

/** Waiting jobs are counted up to here. */
const MAX_PENDING = 10_000;

/** From this many waiting jobs on. */
const BUSY_FROM = 10;

/** Jobs are always taken, so it is never full: paused, or without a machine that takes jobs, they wait like behind others. */
export function queueStatus(state: QueueState, waiting = state.jobs.waiting(BUSY_FROM)): QueueStatus {
  const { isPaused, connected } = situationOf(state, state.at());
  const isOpen = connected.some(({ code, isSilent }) => !isSilent && code === undefined);
  return isPaused || !isOpen || waiting >= BUSY_FROM ? "BUSY" : "AVAILABLE";
}

export function viewLoad(state: QueueState): QueueLoad {
  const machines = connectedRunners(state, state.at()).map(({ row }) => ({ id: row.id, total: row.capacity.total }));
  const held = [...readUsage(state.ports.sql).byRunner.values()];
  return {
    machines,
    used: held.reduce((sum, { used }) => addResources(sum, used), NO_RESOURCES),
    running: held.reduce((sum, { jobs }) => sum + jobs, 0),
    pending: state.jobs.waiting(MAX_PENDING),
  };
}

export function viewHealth({ settings }: QueueState): QueueHealth {
  return { refreshRefusedSince: settings.get().refreshRefusedSinceMs, clockAheadMs: coreClock.aheadMs };
}
