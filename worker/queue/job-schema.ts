/** The rows of a queue as a copy has them, checked field by field at the door: `Job`, its plan, and its use. */
import * as z from "zod/mini";
import { INCARNATION, JOB_ID } from "../../shared/ids.ts";
import { DRIVE_ID, JOB_NETWORKS, planSchema, resourcesSchema } from "../../shared/plan.ts";
import { matching, textUpTo, whole } from "../../shared/schema.ts";
import type { Job } from "./job.ts";
import type { Used } from "./usage.ts";

const moment = whole(0);
const count = whole(0);
const runner = textUpTo(64);
const owner = z.strictObject({ createdBy: z.string(), project: z.nullable(z.string()) });
const noes = z.strictObject({ count, firstMs: moment });
const text = textUpTo(1_000);
const key = { id: matching(JOB_ID), incarnation: matching(INCARNATION) };

const outcome = z.enum(["SUCCESS", "FAILURE", "EXPIRED"]);
const shown = z.enum(["IN_QUEUE", "RUNNING", "SUSPENDED", "SUCCESS", "FAILURE", "EXPIRED"]);

const placeSchema = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("held"), hold: textUpTo(64), untilMs: moment }),
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
    owedBy: z.nullable(runner),
    ranOn: z.nullable(runner),
  }),
]);

const updateSchema = z.strictObject({
  state: z.exactOptional(shown),
  status: z.exactOptional(text),
  newTimeAllocation: z.exactOptional(count),
  outputFolder: z.exactOptional(textUpTo(4096)),
  expectedState: z.exactOptional(shown),
  expectedDifferentState: z.exactOptional(z.boolean()),
});

const tellingSchema = z.strictObject({
  told: z.nullable(shown),
  update: z.nullable(updateSchema),
  sinceMs: moment,
  dueMs: z.nullable(moment),
  tries: count,
  line: z.nullable(text),
  lineTold: z.nullable(text),
  lineAtMs: moment,
  guardUntilMs: moment,
  confirmed: z.boolean(),
  noes: z.nullable(noes),
  forgotten: z.boolean(),
  discarded: z.exactOptional(z.boolean()),
});

const termsSchema = z.strictObject({
  resources: resourcesSchema,
  gpuKind: z.nullable(z.string()),
  exclusive: z.exactOptional(z.boolean()),
  wallMs: whole(1),
  stopGraceMs: z.exactOptional(whole(1)),
  maxSilenceMs: z.nullable(whole(1)),
  output: z.enum(["edge", "site"]),
  maxWallMs: z.exactOptional(whole(1)),
  maxSuspendMs: z.exactOptional(whole(1)),
  network: z.exactOptional(z.enum(JOB_NETWORKS)),
  drives: z.exactOptional(z.array(matching(DRIVE_ID))),
  site: z.exactOptional(z.strictObject({ maxQueueMs: count, fundsGraceMs: count, units: z.number().check(z.gte(0)) })),
});

const entrySchema = z.strictObject({
  atMs: moment,
  what: text,
  attempt: z.exactOptional(count),
  runner: z.exactOptional(runner),
  detail: z.exactOptional(text),
});

const jobSchema: z.ZodMiniType<Job> = z.strictObject({
  ...key,
  createdAt: z.int(),
  owner,
  productId: z.string(),
  workspace: z.string(),
  parameters: z.exactOptional(z.array(z.string())),
  terms: termsSchema,
  acceptedAtMs: moment,
  attempt: count,
  place: placeSchema,
  startedAtMs: z.nullable(moment),
  exitedAtMs: z.exactOptional(moment),
  missing: z.nullish(noes),
  mute: z.boolean(),
  cancelAsked: z.nullable(z.strictObject({ atMs: moment, reason: z.nullable(text) })),
  silenceTold: z.boolean(),
  failedStarts: z.nullable(
    z.strictObject({
      count,
      firstMs: moment,
      runners: z.array(z.strictObject({ id: runner, tries: count, lastMs: moment })),
    }),
  ),
  extended: z.exactOptional(
    z.strictObject({ createdWithMs: count, heededMs: z.nullable(count), toldMs: z.nullable(count) }),
  ),
  suspension: z.exactOptional(
    z.strictObject({
      ...{ n: count, wanted: z.boolean(), sinceMs: z.nullable(moment), pausedMs: count },
      ...{ byLimit: z.boolean(), heard: count },
    }),
  ),
  outputFolder: z.exactOptional(z.strictObject({ path: textUpTo(4096), isTold: z.boolean() })),
  telling: tellingSchema,
  timeline: z.array(entrySchema).check(z.maxLength(100)),
});

/** The plan is null for a job that is over, or was taken up without its create. */
export const jobCopySchema = z.strictObject({ job: jobSchema, plan: z.nullable(planSchema) });
export type JobCopy = z.infer<typeof jobCopySchema>;

export const usedSchema: z.ZodMiniType<Used> = z.strictObject({
  ...key,
  workspace: z.string(),
  owner,
  scope: textUpTo(200),
  units: z.number().check(z.gte(0)),
  startedAtMs: moment,
  untilMs: moment,
  endedAtMs: z.nullable(moment),
  isOwed: z.boolean(),
  chargedMinutes: count,
  pending: z.nullable(z.strictObject({ id: z.string(), chargeId: z.string(), units: count, periods: count })),
});
