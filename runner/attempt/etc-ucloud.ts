/**
 * What a job finds in `/etc/ucloud`: which node of how many it is, and the script that was made from a template. One
 * folder for each attempt, beside `work/`, where the program cannot change it.
 */
import { join } from "node:path";
import type { Ref } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { jobHostname } from "../engine/job-hostname.ts";
import { makeFolder, writeWhole } from "../own-files.ts";
import type { JobFolder } from "./job-folder.ts";

export const ETC_UCLOUD = "/etc/ucloud";

export function scriptName({ rank }: Pick<Ref, "rank">): string {
  return `script-${rank}.sh`;
}

/** Throws the system's error (with its `code`), as does the other. */
export async function writeScript({ etc }: JobFolder, ref: Ref, text: string): Promise<void> {
  await makeFolder(etc, 0o755);
  await writeWhole(join(etc, scriptName(ref)), text);
}

/** Everything but the script, before the container is made. */
export async function writeNodeFiles({ etc }: JobFolder, ref: Ref, plan: JobPlan): Promise<void> {
  await makeFolder(etc, 0o755);
  const files = Object.entries(nodeFiles(ref, plan));
  await Promise.all(files.map(([name, line]) => writeWhole(join(etc, name), `${line}\n`)));
}

/** Pure: one line each. A job has one node. */
export function nodeFiles(ref: Ref, plan: JobPlan): Record<string, string> {
  const host = jobHostname(ref.job);
  return {
    "rank.txt": String(ref.rank),
    "number_of_nodes.txt": "1",
    "nodes.txt": host,
    "node-0.txt": host,
    "cores.txt": String(plan.resources.cpu),
    "job_id.txt": ref.job,
  };
}
