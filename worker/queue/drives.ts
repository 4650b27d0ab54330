/**
 * Which runner has which drives, and for whom. A job goes to a machine that has all of its drives; one whose drives no
 * machine of this category has together is refused at its create, because it would wait for ever.
 */

import type { Capacity } from "../../shared/capacity.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { CreateAnswer, NewJob } from "./api.ts";
import type { Terms } from "./job.ts";
import type { QueueState } from "./state.ts";

/** By drive, the workspaces that may use it; null: all. */
export type Served = ReadonlyMap<string, readonly string[] | null>;
type Wish = { drives: readonly string[]; workspace: string };

/** What the machine says of a drive by its name goes before what it says of all. */
export function servedBy({ drives = [] }: Pick<Capacity, "drives">): Served {
  return new Map(drives.toReversed().map(({ id, workspaces }) => [id, workspaces ?? null]));
}

export function hasDrives(served: Served, { drives, workspace }: Wish): boolean {
  return drives.every((drive) => {
    const workspaces = served.get(drive) ?? (served.has(drive) ? null : served.get("*"));
    return workspaces === null || (workspaces?.includes(workspace) ?? false);
  });
}

/** Each once, in an order of its own: jobs with the same drives wait in the same lane. */
export function drivesOf({ mounts = [] }: Pick<JobPlan, "mounts">): string[] {
  return [...new Set(mounts.map(({ drive }) => drive))].toSorted();
}

export function wishOf({ terms, workspace }: { terms: Pick<Terms, "drives">; workspace: string }): Wish {
  return { drives: terms.drives ?? [], workspace };
}

type Refused = Extract<CreateAnswer, { code: "drive_not_served" }>;

/** Also a machine that is away now has its drives: it comes back. */
export function refuseUnserved(state: QueueState, jobs: NewJob[], isKnown: (job: NewJob) => boolean): Refused | null {
  if (!jobs.some(({ plan }) => plan.mounts?.length)) {
    return null;
  }
  const runners = state.runners.all().filter(({ revoked }) => !revoked);
  const served = runners.map(({ capacity }) => servedBy(capacity));
  for (const [index, job] of jobs.entries()) {
    const lacking = isKnown(job) ? null : lackingDrive(served, job.plan);
    if (lacking !== null) {
      return { kind: "refused", index, code: "drive_not_served", ...lacking };
    }
  }
  return null;
}

/** The first drive that, beside those before it, leaves no machine. `isApart`: one has it, but not the others. */
function lackingDrive(served: readonly Served[], plan: JobPlan): { drive: string; isApart: boolean } | null {
  const { workspace } = plan;
  let able = served;
  for (const drive of new Set(plan.mounts?.map((mount) => mount.drive))) {
    able = able.filter((one) => hasDrives(one, { drives: [drive], workspace }));
    if (able.length === 0) {
      return { drive, isApart: served.some((one) => hasDrives(one, { drives: [drive], workspace })) };
    }
  }
  return null;
}
