/** How full a queue's machines are. */
import { addResources, NO_RESOURCES } from "../../shared/plan.ts";
import { coreClock } from "../isolate.ts";
import type { QueueHealth, QueueLoad } from "./api.ts";
import { readUsage } from "./lanes.ts";
import { connectedRunners } from "./obstacle.ts";
import type { QueueState } from "./state.ts";

/** Waiting jobs are counted up to here. */
const MAX_PENDING = 10_000;

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
