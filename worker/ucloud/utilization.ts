/** `GET jobs/retrieveUtilization`, of the older UCloud: how full the machines are, from a look that is a minute old at most. */
import type { Env, Settings } from "../env.ts";
import { utilization } from "../isolate.ts";
import type { QueueLoad } from "../queue/api.ts";
import { queueOf } from "../queue/stub.ts";

const KEEP_MS = 60_000;

export async function retrieveUtilization(
  { env, settings }: { env: Env; settings: Settings },
  nowMs: number,
): Promise<Response> {
  if (utilization.answer === null || nowMs - utilization.atMs >= KEEP_MS) {
    const categories = [...new Set(settings.products.map(({ category }) => category))];
    const loads = await Promise.all(categories.map((category) => queueOf(env, category).load()));
    utilization.answer = summed(loads);
    utilization.atMs = nowMs;
  }
  return Response.json(utilization.answer);
}

/** A machine in several categories is one machine. Memory in bytes. */
export function summed(loads: QueueLoad[]): object {
  const machines = new Map(loads.flatMap(({ machines: own }) => own.map(({ id, total }) => [id, total] as const)));
  const totals = [...machines.values()];
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    capacity: { cpu: sum(totals.map(({ cpu }) => cpu)), memory: sum(totals.map(({ memoryBytes }) => memoryBytes)) },
    usedCapacity: {
      cpu: sum(loads.map(({ used }) => used.cpu)),
      memory: sum(loads.map(({ used }) => used.memoryBytes)),
    },
    queueStatus: {
      running: sum(loads.map(({ running }) => running)),
      pending: sum(loads.map(({ pending }) => pending)),
    },
  };
}
