/**
 * UCloud's own description of a job, which the job finds beside its output. It echoes whatever its user sent, so it goes
 * with the plan only where it fits; it is never a reason to refuse a job.
 */
import { type JobPlan, MAX_PLAN_BYTES } from "../../shared/plan.ts";
import { utf8Length } from "../../shared/text.ts";

/** UCloud's has about ten levels. Text of a few thousand can be parsed, and not be written again. */
const MAX_LEVELS = 64;

export function describedPlan(plan: JobPlan, jobParameters: JobPlan["jobParameters"] | null): JobPlan {
  if (jobParameters === null || !isShallow(jobParameters, MAX_LEVELS)) {
    return plan;
  }
  const described: JobPlan = { ...plan, jobParameters };
  return fitsFrame(described) ? described : plan;
}

/** What travels is JSON, in which a control character takes six bytes: what was counted before is a lower bound. */
export function fitsFrame(plan: JobPlan): boolean {
  return utf8Length(JSON.stringify(plan)) <= MAX_PLAN_BYTES;
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) {
    return true;
  }
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}
