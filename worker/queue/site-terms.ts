/** What a site's rules say about a job, as they were at its create: later changes of `PRODUCTS` do not touch it. */
import type { SiteTerms } from "./api.ts";
import type { Terms } from "./job.ts";

const DAY_MS = 86_400_000;

/** A row from before these rules has those of a product that says nothing. */
export function siteTermsOf({ terms }: { terms: Terms }): SiteTerms {
  const { gpu, cpu } = terms.resources;
  return terms.site ?? { maxQueueMs: 14 * DAY_MS, fundsGraceMs: 3_600_000, units: gpu > 0 ? gpu : cpu };
}
