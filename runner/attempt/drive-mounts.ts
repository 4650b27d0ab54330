/** An attempt's drives: found before its container is made, and gone from its folder when it has ended. */
import type { JobPlan } from "../../shared/plan.ts";
import { clearMountPoints, makeMountPoints } from "../drives/mount-points.ts";
import { type DriveUse, EngineError } from "../engine/engine.ts";
import { errorFields } from "../log.ts";
import { within } from "../timers.ts";
import type { Context } from "./context.ts";
import { folderOf } from "./job-folder.ts";
import type { Attempt } from "./record.ts";

/** A drive that takes longer hangs; the job is better off on another machine. */
const LOCATE_MS = 10_000;

/** Throws `EngineError`, or the system's error about the job's own folder. */
export async function placeMounts(context: Context, plan: JobPlan, workFolder: string): Promise<DriveUse | null> {
  const use = await locate(context, plan);
  await makeMountPoints(workFolder, use?.mounts ?? []);
  return use;
}

export async function locate(context: Context, plan: JobPlan): Promise<DriveUse | null> {
  const located = await within(context.timers, LOCATE_MS, context.drives.locate(plan));
  if (located.in === "late") {
    throw new EngineError({ code: "drive_unavailable" });
  }
  return located.value;
}

/** When no program can be in them any more. What stays is only a nuisance. */
export async function clearMounts(context: Context, attempt: Attempt, plan: JobPlan | null): Promise<void> {
  const destinations = (plan?.mounts ?? []).map(({ destination }) => destination);
  if (destinations.length === 0) {
    return;
  }
  try {
    await clearMountPoints(folderOf(context.settings, attempt).work, destinations);
  } catch (error) {
    context.log.warn({ ref: attempt.ref, ...errorFields(error) }, "attempt.mount_points_stay");
  }
}
