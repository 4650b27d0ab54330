/** Root is given where the site allows it; elsewhere the job runs as every other, and fails only if it needs more. */
import type { JobPlan } from "../../shared/plan.ts";
import type { JobSettings } from "./context.ts";

export function grantedPlan(plan: JobPlan, settings: JobSettings): JobPlan {
  return plan.asRoot && !settings.allowRoot ? { ...plan, asRoot: false } : plan;
}
