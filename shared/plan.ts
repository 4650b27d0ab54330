/**
 * What a runner needs to run a job, and nothing else. The gateway compiles it at create; the queue stores it instead of
 * UCloud's 7 KB request and erases it when the job has ended.
 */
import * as z from "zod/mini";
import { matching, whole } from "./schema.ts";

/** Linux refuses a single argument or variable of 128 KiB (MAX_ARG_STRLEN, with its NUL). */
export const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;
/** A plan travels in one frame of 256 KiB together with its envelope. */
export const MAX_PLAN_BYTES = 192 * 1024;
/** Each is a bind mount of its own. */
export const MAX_MOUNTS = 64;
/** UCloud's are numbers; a drive's name at a runner never reads as a path. */
export const DRIVE_ID = /^[A-Za-z0-9_-]{1,64}$/;

export const resourcesSchema = z.object({
  /** Virtual cores; may be a fraction. */
  cpu: z.number().check(z.gte(0)),
  memoryBytes: whole(0),
  gpu: whole(0),
});

export type Resources = z.infer<typeof resourcesSchema>;

export const NO_RESOURCES: Resources = { cpu: 0, memoryBytes: 0, gpu: 0 };

export function addResources(a: Resources, b: Resources): Resources {
  return { cpu: a.cpu + b.cpu, memoryBytes: a.memoryBytes + b.memoryBytes, gpu: a.gpu + b.gpu };
}

export function subtractResources(a: Resources, b: Resources): Resources {
  return { cpu: a.cpu - b.cpu, memoryBytes: a.memoryBytes - b.memoryBytes, gpu: a.gpu - b.gpu };
}

/** Sums of fractions of cores are not exact. */
export function isNothing({ cpu, memoryBytes, gpu }: Resources): boolean {
  return cpu <= 0.001 && memoryBytes <= 0 && gpu <= 0;
}

/** Cores are compared to a thousandth: sums of fractions are not exact. More GPUs than there are may be spoken for. */
export function fits(need: Resources, free: Resources): boolean {
  return need.cpu <= free.cpu + 0.001 && need.memoryBytes <= free.memoryBytes && need.gpu <= Math.max(0, free.gpu);
}

/**
 * A command that is a shell script made from a Jinja template. The gateway only carries it: a template cannot be
 * interrupted inside a Worker, and one of its inputs, the rank, is known on the node.
 */
export const scriptSchema = z.object({
  template: z.string(),
  /** Job templates of workflows, appended each after a line end. */
  workflows: z.array(z.string()),
  /** By parameter; what has no value is missing and undefined in the template. */
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** What the template knows as `ucloud`, but for the rank. */
  ucloud: z.object({
    jobId: z.string(),
    nodes: whole(1),
    machine: z.object({
      name: z.string(),
      category: z.string(),
      cpu: z.number(),
      cpuModel: z.string(),
      memoryInGigs: z.number(),
      memoryModel: z.string(),
      gpu: z.int(),
      gpuModel: z.string(),
    }),
    application: z.object({ name: z.string(), version: z.string() }),
  }),
});

export type Script = z.infer<typeof scriptSchema>;

/** A file or folder of a drive, in the job. */
export const mountSchema = z.object({
  drive: matching(DRIVE_ID),
  /** Inside the drive: names separated by `/`, none of them empty, `.` or `..`. Empty is the whole drive. */
  path: z.string().check(z.maxLength(4096), z.refine(isInside, "A path inside a drive has only names in it.")),
  /** Absolute, in the container. */
  destination: z.string().check(z.startsWith("/"), z.maxLength(4096)),
  readOnly: z.boolean(),
});
export type Mount = z.infer<typeof mountSchema>;

function isInside(path: string): boolean {
  return path === "" || path.split("/").every((name) => !["", ".", ".."].includes(name) && !name.includes("\0"));
}

/** What a job may reach beside itself: all but the site's inside, or that too. */
export const JOB_NETWORKS = ["internet", "site"] as const;
export type JobNetwork = (typeof JOB_NETWORKS)[number];

const planFields = z.object({
  /** As UCloud's application names it; the runner resolves unqualified names. */
  image: z.string().check(z.minLength(1), z.maxLength(1024)),
  /** Replaces ENTRYPOINT and CMD, executed without a shell. Empty when there is a script, which a shell runs then. */
  argv: z.array(z.string()),
  script: z.optional(scriptSchema),
  environment: z.record(z.string(), z.string()),
  /** Relative to `/work` or absolute inside the container; null is `/work`. */
  workingDirectory: z.nullable(z.string()),
  /** The application keeps the image's own working directory; `workingDirectory` is null then. */
  useImageWorkingDirectory: z.optional(z.boolean()),
  /** The application asks to run as root; granted only where the runner's `allow-root` says so. */
  asRoot: z.boolean(),
  resources: resourcesSchema,
  gpuKind: z.nullable(z.string()),
  /** No other job may be on the machine beside it. */
  exclusive: z.optional(z.boolean()),
  /** Running time, counted from RUNNING over the spans in which the container really runs. */
  wallMs: whole(1),
  /** What `/work` and the container's own layer may hold together; absent: no bound. */
  diskBytes: z.optional(whole(1)),
  /** Between TERM and KILL. */
  stopGraceMs: whole(1),
  /** After this silence the gateway gives the job up; null: remaining time and 24 h. */
  maxSilenceMs: z.nullable(whole(1)),
  /** A pause ends by itself after this. */
  maxSuspendMs: z.optional(whole(1)),
  network: z.enum(["none", ...JOB_NETWORKS]),
  /** Absent: none. No destination lies in another's. */
  mounts: z.optional(z.array(mountSchema).check(z.maxLength(MAX_MOUNTS))),
  /** What UCloud wants to find as `JobParameters.json` in `/work`. */
  jobParameters: z.optional(z.record(z.string(), z.unknown())),
  output: z.enum(["edge", "site"]),
  /** UCloud's user or project, `user:NAME` or `project:ID`. */
  workspace: z.string(),
  /** Who created the job. */
  user: z.optional(z.string()),
  application: z.object({ name: z.string(), version: z.string() }),
  product: z.object({ name: z.string(), category: z.string() }),
});

export const planSchema = planFields.check(
  z.refine(({ argv, script }) => argv.length > 0 || script !== undefined, {
    path: ["argv"],
    error: "A plan has a command or a script.",
  }),
);

export type JobPlan = z.infer<typeof planSchema>;

/** The part of a plan that is needed once its container exists. */
export const termsSchema = z.pick(planFields, {
  resources: true,
  exclusive: true,
  wallMs: true,
  diskBytes: true,
  stopGraceMs: true,
  maxSilenceMs: true,
  maxSuspendMs: true,
  output: true,
});
