/**
 * What UCloud/Core sends in create and terminate, of its older and its present version: only what is needed, all other
 * keys are ignored, and null is the same as missing.
 *
 * Wherever a job could still be refused with a better sentence than "this is missing", the schema lets it pass:
 * `translate.ts` knows what the application is and what to tell the user.
 */
import * as z from "zod/mini";
import { JOB_ID } from "../../shared/ids.ts";
import { declarationSchema, elementSchema, or, text } from "../../shared/invocation/model.ts";
import { mapped, matching } from "../../shared/schema.ts";
import type { JobIdentity, OpenJob } from "../queue/api.ts";
import { parseOrRefuse, type Refusal } from "./refusal.ts";

/** Longer than any name, project or version at UCloud, and short enough for a row's key. */
const MAX_NAME_CHARS = 300;
/** The limit of `JobPlan.image`. */
const MAX_IMAGE_CHARS = 1024;

const name = text.check(z.minLength(1), z.maxLength(MAX_NAME_CHARS));
/** An empty text is not given. */
const given = (schema: z.ZodMiniType<string>) => mapped(z.nullish(schema), (value): string | null => value || null);

const identity = {
  id: matching(JOB_ID, "A job's id has 1 to 64 letters, digits, hyphens and underscores."),
  createdAt: z.int(),
  owner: z.object({ createdBy: name, project: given(text.check(z.maxLength(MAX_NAME_CHARS))) }),
};
const product = z.object({ id: name, category: name });
const part = or(z.int(), 0);
const time = z.object({ hours: part, minutes: part, seconds: part });

const toolSchema = z.object({
  backend: given(z.string()),
  image: given(text.check(z.maxLength(MAX_IMAGE_CHARS))),
  /** The older name of `image`; one of them can be missing. */
  container: given(text.check(z.maxLength(MAX_IMAGE_CHARS))),
});

const applicationSchema = z.object({
  invocation: z.object({
    tool: z.nullish(z.object({ tool: z.nullish(z.object({ description: toolSchema })) })),
    invocation: or(z.array(elementSchema), []),
    parameters: or(z.array(declarationSchema), []),
    applicationType: or(z.string(), "BATCH"),
    /** `runAsRoot` is false where it is missing: the older version's default. Today's always says it. */
    container: or(z.object({ changeWorkingDirectory: or(z.boolean(), true), runAsRoot: or(z.boolean(), false) }), {
      changeWorkingDirectory: true,
      runAsRoot: false,
    }),
    environment: or(z.record(z.string(), elementSchema), {}),
    modules: z.nullish(z.object({ mountPath: given(z.string()) })),
  }),
});

const specificationSchema = z.object({
  product,
  application: z.object({ name, version: name }),
  replicas: or(z.int(), 1),
  /** Values are judged by the application's declarations, and those that nobody declared not at all. */
  parameters: or(z.record(z.string(), z.unknown()), {}),
  resources: or(z.array(z.unknown()), []),
  timeAllocation: z.nullish(time),
  sshEnabled: or(z.boolean(), false),
  openedFile: given(z.string()),
});

const jobSchema = z.object({
  ...identity,
  specification: specificationSchema,
  status: z.nullish(
    z.object({
      resolvedApplication: z.nullish(applicationSchema),
      /** UCloud's own description of the job, as it is; it is never a reason to refuse one. */
      jobParametersJson: z.catch(z.nullish(z.record(z.string(), z.unknown())), null),
    }),
  ),
});

export type UcloudJob = z.infer<typeof jobSchema>;
export type TimeAllocation = UcloudJob["specification"]["timeAllocation"];
export type Application = z.infer<typeof applicationSchema>["invocation"];

const FINAL_STATES = ["SUCCESS", "FAILURE", "EXPIRED"];

const terminationSchema = z.object({
  ...identity,
  specification: z.object({ product }),
  status: z.catch(z.nullish(z.object({ state: z.string() })), null),
});
/** `isOver`: UCloud itself shows the job in a final state. */
export type Termination = JobIdentity & { productId: string; category: string; isOver?: true };

const extensionSchema = z.object({
  /** Which job it is is read as in every other call. */
  job: z.looseObject({ specification: z.looseObject({ timeAllocation: z.nullish(time) }) }),
  requestedTime: time,
});
export type UcloudExtension = {
  job: unknown;
  requestedTime: z.infer<typeof time>;
  timeAllocation: TimeAllocation;
};

const bulkSchema = z.object({ items: or(z.array(z.unknown()), []) });

/** Today's UCloud sends an empty list as `{}`. */
export function parseBulk(body: unknown): { kind: "ok"; items: unknown[] } | Refusal {
  const parsed = parseOrRefuse(bulkSchema, body);
  return parsed.kind === "ok" ? { kind: "ok", items: parsed.data.items } : parsed;
}

export function parseJob(item: unknown): { kind: "ok"; job: UcloudJob } | Refusal {
  const parsed = parseOrRefuse(jobSchema, item);
  return parsed.kind === "ok" ? { kind: "ok", job: parsed.data } : parsed;
}

export function parseExtension(item: unknown): { kind: "ok"; extension: UcloudExtension } | Refusal {
  const parsed = parseOrRefuse(extensionSchema, item);
  if (parsed.kind === "refused") {
    return parsed;
  }
  const { job, requestedTime } = parsed.data;
  return { kind: "ok", extension: { job, requestedTime, timeAllocation: job.specification.timeAllocation } };
}

/** Needs only what says which job is meant: it must be possible to end what could not be started. */
export function parseTermination(item: unknown): { kind: "ok"; termination: Termination } | Refusal {
  const parsed = parseOrRefuse(terminationSchema, item);
  if (parsed.kind === "refused") {
    return parsed;
  }
  const { id, createdAt, owner, specification, status } = parsed.data;
  const { id: productId, category } = specification.product;
  const over: Pick<Termination, "isOver"> = FINAL_STATES.includes(status?.state ?? "") ? { isOver: true } : {};
  return { kind: "ok", termination: { id, createdAt, owner, productId, category, ...over } };
}

/** A job as the older UCloud shows it, to be compared with ours. */
export function parseShown(item: unknown): { kind: "ok"; job: OpenJob } | Refusal {
  const parsed = parseOrRefuse(terminationSchema, item);
  if (parsed.kind === "refused") {
    return parsed;
  }
  const { id, createdAt, owner, specification, status } = parsed.data;
  return { kind: "ok", job: { id, createdAt, owner, product: specification.product, state: status?.state ?? null } };
}
