/** The rows of a queue as a copy has them, checked field by field at the door: `Job`, its plan, and its use. */
import * as z from "zod";
import { INCARNATION, JOB_ID } from "../../shared/ids.ts";
import { DRIVE_ID, JOB_NETWORKS, planSchema, resourcesSchema } from "../../shared/plan.ts";
import type { Job } from "./job.ts";
import type { Used } from "./usage.ts";

const moment = z.int().min(0);
const count = z.int().min(0);
const runner = z.string().max(64);
const owner = z.strictObject({ createdBy: z.string(), project: z.string().nullable() });
const noes = z.strictObject({ count, firstMs: moment });
const text = z.string().max(1_000);
const key = { id: z.string().regex(JOB_ID), incarnation: z.string().regex(INCARNATION) };

const outcome = z.enum(["SUCCESS", "FAILURE", "EXPIRED"]);
const shown = z.enum(["IN_QUEUE", "RUNNING", "SUSPENDED", "SUCCESS", "FAILURE", "EXPIRED"]);

const placeSchema = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("held"), hold: z.string().max(64), untilMs: moment }),
  z.strictObject({ state: z.literal("queued"), notBeforeMs: moment }),
  z.strictObject({ state: z.literal("offered"), runner, untilMs: moment }),
  z.strictObject({ state: z.literal("claimed"), runner }),
  z.strictObject({ state: z.literal("starting"), runner }),
  z.strictObject({ state: z.literal("running"), runner }),
  z.strictObject({
    state: z.literal("done"),
    outcome,
    text,
    endedAtMs: moment,
    owedBy: runner.nullable(),
    ranOn: runner.nullable(),
  }),
]);

const updateSchema = z.strictObject({
  state: shown.exactOptional(),
  status: text.exactOptional(),
  newTimeAllocation: count.exactOptional(),
  outputFolder: z.string().max(4096).exactOptional(),
  expectedState: shown.exactOptional(),
  expectedDifferentState: z.boolean().exactOptional(),
});

const tellingSchema = z.strictObject({
  told: shown.nullable(),
  update: updateSchema.nullable(),
  sinceMs: moment,
  dueMs: moment.nullable(),
  tries: count,
  line: text.nullable(),
  lineTold: text.nullable(),
  lineAtMs: moment,
  guardUntilMs: moment,
  confirmed: z.boolean(),
  noes: noes.nullable(),
  forgotten: z.boolean(),
  discarded: z.boolean().exactOptional(),
});

const termsSchema = z.strictObject({
  resources: resourcesSchema,
  gpuKind: z.string().nullable(),
  exclusive: z.boolean().exactOptional(),
  wallMs: z.int().min(1),
  stopGraceMs: z.int().min(1).exactOptional(),
  maxSilenceMs: z.int().min(1).nullable(),
  output: z.enum(["edge", "site"]),
  maxWallMs: z.int().min(1).exactOptional(),
  maxSuspendMs: z.int().min(1).exactOptional(),
  network: z.enum(JOB_NETWORKS).exactOptional(),
  drives: z.array(z.string().regex(DRIVE_ID)).exactOptional(),
  site: z.strictObject({ maxQueueMs: count, fundsGraceMs: count, units: z.number().min(0) }).exactOptional(),
});

const entrySchema = z.strictObject({
  atMs: moment,
  what: text,
  attempt: count.exactOptional(),
  runner: runner.exactOptional(),
  detail: text.exactOptional(),
});

const jobSchema: z.ZodType<Job> = z.strictObject({
  ...key,
  createdAt: z.int(),
  owner,
  productId: z.string(),
  workspace: z.string(),
  parameters: z.array(z.string()).exactOptional(),
  terms: termsSchema,
  acceptedAtMs: moment,
  attempt: count,
  place: placeSchema,
  startedAtMs: moment.nullable(),
  exitedAtMs: moment.exactOptional(),
  missing: noes.nullish(),
  mute: z.boolean(),
  cancelAsked: z.strictObject({ atMs: moment, reason: text.nullable() }).nullable(),
  silenceTold: z.boolean(),
  failedStarts: z
    .strictObject({
      count,
      firstMs: moment,
      runners: z.array(z.strictObject({ id: runner, tries: count, lastMs: moment })),
    })
    .nullable(),
  extended: z
    .strictObject({ createdWithMs: count, heededMs: count.nullable(), toldMs: count.nullable() })
    .exactOptional(),
  suspension: z
    .strictObject({
      ...{ n: count, wanted: z.boolean(), sinceMs: moment.nullable(), pausedMs: count },
      ...{ byLimit: z.boolean(), heard: count },
    })
    .exactOptional(),
  outputFolder: z.strictObject({ path: z.string().max(4096), isTold: z.boolean() }).exactOptional(),
  telling: tellingSchema,
  timeline: z.array(entrySchema).max(100),
});

/** The plan is null for a job that is over, or was taken up without its create. */
export const jobCopySchema = z.strictObject({ job: jobSchema, plan: planSchema.nullable() });
export type JobCopy = z.infer<typeof jobCopySchema>;

export const usedSchema: z.ZodType<Used> = z.strictObject({
  ...key,
  workspace: z.string(),
  owner,
  scope: z.string().max(200),
  units: z.number().min(0),
  startedAtMs: moment,
  untilMs: moment,
  endedAtMs: moment.nullable(),
  isOwed: z.boolean(),
  chargedMinutes: count,
  pending: z.strictObject({ id: z.string(), chargeId: z.string(), units: count, periods: count }).nullable(),
});
