/**
 * `JobParameters.json` in `/work`: what UCloud wants to be found there, as UCloud wrote it, and which image it ran with. A
 * file of that name that somebody put there is left alone.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { JobPlan } from "../../shared/plan.ts";
import type { ImageFacts } from "../engine/engine.ts";
import { WORK } from "../engine/podman-spec.ts";
import type { FolderOwner, JobFolder } from "./job-folder.ts";
import { createFile, isPlaced, namesLike, openWork, place } from "./placing.ts";

/** Its other name, out of the program's reach, until the job is over. */
export const PARAMETERS_PART = "parameters.part";

type Parameters = { plan: JobPlan; image: Pick<ImageFacts, "name" | "digest">; owner: FolderOwner };

/** Idempotent. Throws NamesTakenError or the system's error (with its `code`). */
export async function writeJobParameters(paths: JobFolder, { plan, image, owner }: Parameters): Promise<void> {
  const part = join(paths.own, PARAMETERS_PART);
  if (plan.jobParameters === undefined || (await isPlaced(part))) {
    return;
  }
  await rm(part, { force: true });
  const file = await createFile(part);
  try {
    await file.writeFile(textOf(plan.jobParameters, image));
    await file.chmod(0o644);
    if (typeof owner === "object") {
      await file.chown(owner.uid, owner.gid);
    }
  } finally {
    await file.close();
  }
  const work = await openWork(paths.work);
  try {
    await place(part, work, freeNames(plan.mounts ?? []));
  } finally {
    await work.close();
  }
}

function textOf(jobParameters: Record<string, unknown>, { name, digest }: Parameters["image"]): string {
  return `${JSON.stringify({ ...jobParameters, containerImage: { name, digest } }, null, 2)}\n`;
}

/** What is mounted over a name would hide the file. */
function freeNames(mounts: { destination: string }[]): string[] {
  const isTaken = (name: string) => mounts.some(({ destination }) => `${destination}/`.startsWith(`${WORK}/${name}/`));
  return namesLike("JobParameters", ".json").filter((name) => !isTaken(name));
}
