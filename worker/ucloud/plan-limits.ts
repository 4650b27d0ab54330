/** What a machine type of `PRODUCTS` says about a job's plan. */
import type { JobPlan } from "../../shared/plan.ts";
import type { Product } from "../../shared/product.ts";

const BYTES_PER_GIG = 2 ** 30;

type Limits = Pick<
  JobPlan,
  | "resources"
  | "gpuKind"
  | "exclusive"
  | "wallMs"
  | "diskBytes"
  | "stopGraceMs"
  | "maxSilenceMs"
  | "maxSuspendMs"
  | "network"
  | "output"
  | "product"
>;

export function planLimits(product: Product, wallMs: number): Limits {
  const { name, category, cpu, memoryInGigs, gpu, gpuKind, stopGrace, maxSilence, maxSuspend, network, output } =
    product;
  return {
    resources: { cpu, memoryBytes: Math.floor(memoryInGigs * BYTES_PER_GIG), gpu },
    gpuKind: gpuKind || null,
    ...(product.exclusive ? { exclusive: true } : {}),
    wallMs,
    ...(product.diskInGigs ? { diskBytes: Math.ceil(product.diskInGigs * BYTES_PER_GIG) } : {}),
    stopGraceMs: stopGrace * 1000,
    maxSilenceMs: maxSilence ? maxSilence * 1000 : null,
    maxSuspendMs: maxSuspend * 1000,
    network,
    output,
    product: { name, category },
  };
}
