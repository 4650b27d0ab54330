/** The site's rules for a job of one machine type, taken from `PRODUCTS` at its create and kept with the job. */
import type { Product } from "../../shared/product.ts";
import type { NewJob, SiteTerms } from "../queue/api.ts";
import type { Terms } from "../queue/job.ts";
import { planLimits } from "./plan-limits.ts";
import { isGpuCategory } from "./product-registration.ts";

/** Undefined where the machine type is not offered any more. */
export function siteRulesFor(
  { productId, category }: { productId: string; category: string },
  products: readonly Product[],
): SiteTerms | undefined {
  const product = products.find((one) => one.name === productId && one.category === category);
  if (product === undefined) {
    return undefined;
  }
  const { cpu, gpu, maxQueue, fundsGrace } = product;
  const units = isGpuCategory(products, category) ? gpu : cpu;
  return { maxQueueMs: maxQueue * 1000, fundsGraceMs: fundsGrace * 1000, units };
}

export function withSiteRules(job: NewJob, products: readonly Product[]): NewJob {
  const site = siteRulesFor({ productId: job.productId, category: job.plan.product.category }, products);
  return site === undefined ? job : { ...job, site };
}

/** What a queue keeps of a job's plan, for one that it adopts without having seen its create. */
export function termsOfProduct(
  wanted: { productId: string; category: string },
  products: readonly Product[],
): Terms | null {
  const product = products.find(({ name, category }) => name === wanted.productId && category === wanted.category);
  const site = siteRulesFor(wanted, products);
  if (product === undefined || site === undefined) {
    return null;
  }
  const { defaultTime, maxTime } = product;
  const limits = planLimits(product, defaultTime * 1000);
  const { resources, gpuKind, exclusive, wallMs, stopGraceMs, maxSilenceMs, maxSuspendMs, network, output } = limits;
  const maxWallMs = maxTime * 1000;
  return {
    resources,
    gpuKind,
    ...(exclusive ? { exclusive } : {}),
    wallMs,
    stopGraceMs,
    maxSilenceMs,
    maxWallMs,
    ...(maxSuspendMs === undefined ? {} : { maxSuspendMs }),
    ...(network === "none" ? {} : { network }),
    output,
    site,
  };
}
