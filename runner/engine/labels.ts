/**
 * The labels of a job's container. They carry what a runner needs to adopt the container without its journal, and
 * whose container it is: another state folder's are counted as used and otherwise left alone.
 */

import { type Ref, refSchema } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";

const PREFIX = "dev.ucloud.";

export const LABELS = {
  runner: `${PREFIX}runner`,
  /** Generation of the state folder and its journal. */
  stateFolder: `${PREFIX}state-folder`,
  /** Where that folder lay: what is left of one that is not there any more is nobody's. */
  stateDir: `${PREFIX}state-dir`,
  category: `${PREFIX}category`,
  job: `${PREFIX}job`,
  incarnation: `${PREFIX}incarnation`,
  attempt: `${PREFIX}attempt`,
  rank: `${PREFIX}rank`,
  /** The boot in which the container was created: in another one its `created` says nothing. */
  bootId: `${PREFIX}boot-id`,
  wallMs: `${PREFIX}wall-ms`,
  stopGraceMs: `${PREFIX}stop-grace-ms`,
  maxSilenceMs: `${PREFIX}max-silence-ms`,
  cpu: `${PREFIX}cpu`,
  memoryBytes: `${PREFIX}memory-bytes`,
  /** Only on those that have a bound. */
  diskBytes: `${PREFIX}disk-bytes`,
  /** That it is pinned to, separated by commas; absent: none. */
  cores: `${PREFIX}cores`,
  /** CDI names, separated by blanks. */
  gpus: `${PREFIX}gpus`,
  /** Only on those that have the machine to themselves. */
  exclusive: `${PREFIX}exclusive`,
  output: `${PREFIX}output`,
  /** Around `work`; where UCloud sees `work`. Either is left out where there is none. */
  folder: `${PREFIX}folder`,
  outputFolder: `${PREFIX}output-folder`,
  /** How many drives' files and folders are mounted; absent: none. */
  mounts: `${PREFIX}mounts`,
} as const;

/** On our short-lived helper containers, which are no jobs; its value is the owner. */
export const PROBE_LABEL = `${PREFIX}probe`;

export type LabelledJob = {
  ref: Ref;
  plan: JobPlan;
  runner: string;
  stateFolder: string;
  stateDir: string;
  category: string;
  bootId: string;
  gpuDevices: readonly string[];
  cores?: readonly number[];
};

export function labelsOf(job: LabelledJob): Record<string, string> {
  const { ref, plan } = job;
  return {
    [LABELS.runner]: job.runner,
    [LABELS.stateFolder]: job.stateFolder,
    [LABELS.stateDir]: job.stateDir,
    [LABELS.category]: job.category,
    [LABELS.job]: ref.job,
    [LABELS.incarnation]: ref.incarnation,
    [LABELS.attempt]: String(ref.attempt),
    [LABELS.rank]: String(ref.rank),
    [LABELS.bootId]: job.bootId,
    [LABELS.wallMs]: String(plan.wallMs),
    [LABELS.stopGraceMs]: String(plan.stopGraceMs),
    // Podman keeps empty labels; an empty one stands for null.
    [LABELS.maxSilenceMs]: plan.maxSilenceMs === null ? "" : String(plan.maxSilenceMs),
    [LABELS.cpu]: String(plan.resources.cpu),
    [LABELS.memoryBytes]: String(plan.resources.memoryBytes),
    ...(plan.diskBytes === undefined ? {} : { [LABELS.diskBytes]: String(plan.diskBytes) }),
    [LABELS.gpus]: job.gpuDevices.join(" "),
    ...(job.cores?.length ? { [LABELS.cores]: job.cores.join(",") } : {}),
    ...(plan.exclusive ? { [LABELS.exclusive]: "true" } : {}),
    [LABELS.output]: plan.output,
    ...(plan.mounts?.length ? { [LABELS.mounts]: String(plan.mounts.length) } : {}),
  };
}

/** null for a container that is not one of a job, or whose labels somebody else wrote. */
export function refOfLabels(labels: Readonly<Record<string, string>>): Ref | null {
  const parsed = refSchema.safeParse({
    job: labels[LABELS.job],
    incarnation: labels[LABELS.incarnation],
    attempt: wholeNumber(labels[LABELS.attempt]),
    rank: wholeNumber(labels[LABELS.rank]),
  });
  return parsed.success ? parsed.data : null;
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
