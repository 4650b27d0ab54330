/** A job as the gateway has compiled it, with one thing changed. */
import type { JobPlan } from "../../../shared/plan.ts";
import type { JobIdentity, NewJob } from "../../../worker/queue/api.ts";
import { aPlan as basePlan } from "../plan.ts";

export const GIBIBYTE = 2 ** 30;

type Change = Partial<Omit<NewJob, "plan">> & { plan?: Partial<JobPlan>; cpu?: number };

export function aPlan(change: Partial<JobPlan> = {}): JobPlan {
  return basePlan({ product: { name: "small", category: "example-compute" }, ...change });
}

/** `cpu` stands for the whole machine type: a GiB of memory to each core. */
export function aJob({ plan, cpu = 1, ...change }: Change = {}): NewJob {
  const resources = { cpu, memoryBytes: Math.ceil(cpu * GIBIBYTE), gpu: 0 };
  return {
    id: "1",
    createdAt: 1_600_000_000_000,
    owner: { createdBy: "alice", project: null },
    productId: "small",
    plan: aPlan({ resources, ...plan }),
    ...change,
  };
}

/** How a call about `job` names it. */
export function identityOf({ id, createdAt, owner, productId }: NewJob): JobIdentity & { productId: string } {
  return { id, createdAt, owner, productId };
}
