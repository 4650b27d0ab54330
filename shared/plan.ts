/**
 * What a runner needs to run a job, and nothing else. The gateway compiles it at create; the queue stores it instead of
 * UCloud's 7 KB request and erases it when the job has ended.
 */
import * as z from "zod";

/** Linux refuses a single argument or variable of 128 KiB (MAX_ARG_STRLEN, with its NUL). */
export const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;
/** A plan travels in one frame of 256 KiB together with its envelope. */
export const MAX_PLAN_BYTES = 192 * 1024;

export const resourcesSchema = z.object({
  /** Virtual cores; may be a fraction. */
  cpu: z.number().min(0),
  memoryBytes: z.int().min(0),
  gpu: z.int().min(0),
});

export type Resources = z.infer<typeof resourcesSchema>;

export const NO_RESOURCES: Resources = { cpu: 0, memoryBytes: 0, gpu: 0 };

export function addResources(a: Resources, b: Resources): Resources {
  return { cpu: a.cpu + b.cpu, memoryBytes: a.memoryBytes + b.memoryBytes, gpu: a.gpu + b.gpu };
}

export function subtractResources(a: Resources, b: Resources): Resources {
  return { cpu: a.cpu - b.cpu, memoryBytes: a.memoryBytes - b.memoryBytes, gpu: a.gpu - b.gpu };
}

/** Cores are compared to a thousandth: sums of fractions are not exact. */
export function fits(need: Resources, free: Resources): boolean {
  return need.cpu <= free.cpu + 0.001 && need.memoryBytes <= free.memoryBytes && need.gpu <= free.gpu;
}

export const planSchema = z.object({
  /** As UCloud's application names it; the runner resolves unqualified names. */
  image: z.string().min(1).max(1024),
  /** Replaces ENTRYPOINT and CMD, executed without a shell. */
  argv: z.array(z.string()).min(1),
  environment: z.record(z.string(), z.string()),
  /** Relative to `/work` or absolute inside the container; null is `/work`. */
  workingDirectory: z.string().nullable(),
  /** The application keeps the image's own working directory; `workingDirectory` is null then. */
  useImageWorkingDirectory: z.boolean().optional(),
  /** The application asks to run as root; granted only where the runner's `allow-root` says so. */
  asRoot: z.boolean(),
  resources: resourcesSchema,
  gpuKind: z.string().nullable(),
  /** Running time, counted from RUNNING over the spans in which the container really runs. */
  wallMs: z.int().min(1),
  /** Between TERM and KILL. */
  stopGraceMs: z.int().min(1),
  /** After this silence the gateway gives the job up; null: remaining time and 24 h. */
  maxSilenceMs: z.int().min(1).nullable(),
  /** A pause ends by itself after this. */
  maxSuspendMs: z.int().min(1).optional(),
  network: z.enum(["none", "internet", "site"]),
  output: z.enum(["edge", "site"]),
  /** UCloud's user or project, `user:NAME` or `project:ID`. */
  workspace: z.string(),
  application: z.object({ name: z.string(), version: z.string() }),
  product: z.object({ name: z.string(), category: z.string() }),
});

export type JobPlan = z.infer<typeof planSchema>;
