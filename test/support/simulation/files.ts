/**
 * Which jobs of the simulated world have files, and who has their drives. It goes by the job's id, so that no throw of the
 * dice is spent on it: the first has none, both runners have the second's drive, and only one has the third's.
 */

import type { ServedDrive } from "../../../shared/capacity.ts";
import type { JobPlan, Mount } from "../../../shared/plan.ts";
import { aMount } from "../plan.ts";

export function mountsOf(job: string): Mount[] {
  return job === "1" ? [] : [aMount({ drive: job })];
}

export function servedBy(runner: string): ServedDrive[] {
  return runner === "r1" ? [{ id: "2" }, { id: "3", workspaces: ["project:other"] }] : [{ id: "*" }];
}

/** What a runner may be offered. */
export function isServed(runner: string, { mounts = [] }: JobPlan): boolean {
  return runner === "r2" || mounts.every(({ drive }) => drive === "2");
}

/** As a node says it whose jobs folder lies in that drive. */
export function outputFolderOf({ mounts = [] }: Pick<JobPlan, "mounts">): { outputFolder?: string } {
  const [first] = mounts;
  return first === undefined ? {} : { outputFolder: `/${first.drive}/Jobs` };
}
