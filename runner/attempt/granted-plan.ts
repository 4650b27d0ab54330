/**
 * Root is given where the site allows it; elsewhere the job runs as every other, and fails only if it needs more. With
 * files of a drive it is no root either on a rootful machine: there root is another user than the files are meant for.
 */
import type { JobPlan } from "../../shared/plan.ts";
import type { Context } from "./context.ts";

export function grantedPlan(plan: JobPlan, { settings, rootless }: Pick<Context, "settings" | "rootless">): JobPlan {
  const hasDrives = (plan.mounts ?? []).length > 0;
  const mayBeRoot = settings.allowRoot && (rootless() || !hasDrives);
  return plan.asRoot && !mayBeRoot ? { ...plan, asRoot: false } : plan;
}
