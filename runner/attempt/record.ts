/**
 * What the node knows of one attempt: the row of the journal. Everything that must survive the process stands here;
 * what can be asked again (is there an image, is somebody waiting for the exit) stands in `view.ts`.
 *
 * The schema is the door between the file on disk and the program: a row that does not fit makes the journal unreadable.
 */
import * as z from "zod/mini";
import { failureSchema } from "../../shared/failure.ts";
import { type Ref, refSchema } from "../../shared/ids.ts";
import { type JobPlan, termsSchema } from "../../shared/plan.ts";
import { diskUseSchema, LOST_REASONS, type Phase } from "../../shared/protocol.ts";

/** A point in time. Uptimes of two boots cannot be compared; the wall clock may jump and is the last resort. */
const momentSchema = z.object({ bootId: z.string(), uptimeMs: z.number(), nowMs: z.number() });
export type Moment = z.infer<typeof momentSchema>;

/** The container's labels carry them too. */
export type Terms = z.infer<typeof termsSchema>;

/**
 * `pending` is written before the call leaves. A process that finds it knows no more than after an answer that never
 * came.
 */
const startSchema = z.object({
  calledAt: momentSchema,
  startMs: z.number(),
  service: z.nullable(z.string()),
  calls: z.int(),
  answer: z.union([z.enum(["pending", "ok", "unknown"]), failureSchema]),
});
export type Start = z.infer<typeof startSchema>;

const exitedSchema = z.object({
  kind: z.literal("exited"),
  at: momentSchema,
  cause: z.enum(["exit", "expired", "cancelled", "silence", "lost"]),
  reason: z.nullable(z.enum(LOST_REASONS)),
  exitCode: z.nullable(z.int()),
  oom: z.boolean(),
  disk: z.optional(diskUseSchema),
  ranMs: z.nullable(z.number()),
  /** Base64. */
  tail: z.nullable(z.string()),
});
const notStartedSchema = z.object({ kind: z.literal("not-started"), at: momentSchema, failure: failureSchema });
export type Ended = z.infer<typeof exitedSchema>;

/** Orders to pause and to go on, and the spans in which the program really ran. */
const suspensionSchema = z.object({
  /** The newest order, whether it wants a pause, and the newest that was carried out. */
  n: z.int(),
  wanted: z.boolean(),
  carriedOut: z.int(),
  /** The last call to Podman for it: on disk before it leaves, because Podman does not know since when it pauses. */
  calledAt: z.nullable(momentSchema),
  /** The pause has lasted as long as it may, so nobody's order ends it. */
  byLimit: z.boolean(),
  /** Running time before the present span. */
  ranMs: z.number(),
  /** The present span: running or paused, and since when. */
  paused: z.boolean(),
  since: momentSchema,
  untold: z.array(
    z.object({ kind: z.enum(["suspended", "resumed"]), n: z.int(), at: momentSchema, byLimit: z.boolean() }),
  ),
});
export type Suspension = z.infer<typeof suspensionSchema>;

export const attemptSchema = z.object({
  ref: refSchema,
  category: z.string(),
  terms: termsSchema,
  gpus: z.array(z.string()),
  /** That it is pinned to; none: it runs on all. */
  cores: z._default(z.array(z.int()), []),
  /** Around its `work`; null in rows of an earlier version: in `jobs-dir` itself. */
  folder: z._default(z.nullable(z.string()), null),
  /** UCloud's path of `work`; null: UCloud does not see it. */
  outputFolder: z._default(z.nullable(z.string()), null),
  acceptedAt: momentSchema,
  imageDigest: z.nullable(z.string()),
  /** The grant. On disk before start is called, because after a reboot Podman no longer knows what ran. */
  go: z.nullable(momentSchema),
  start: z.nullable(startSchema),
  started: z.nullable(momentSchema),
  startedAcked: z.boolean(),
  /** The total that the gateway extended the running time to, and whether it knows that the node counts with it. */
  extended: z._default(z.nullable(z.object({ wallMs: z.int(), acked: z.boolean() })), null),
  /** null: it was never asked for. */
  suspension: z._default(z.nullable(suspensionSchema), null),
  /** The first reason to end it that was journalled before its exit was seen; nothing changes it afterwards. */
  cause: z.nullable(
    z.object({
      kind: z.enum(["expired", "cancelled", "silence"]),
      at: momentSchema,
      /** Then it is neither: the node stops it for what it wrote. An older version reads a stop of the node's own. */
      disk: z.optional(diskUseSchema),
    }),
  ),
  termAt: z.nullable(momentSchema),
  outcome: z.nullable(z.discriminatedUnion("kind", [exitedSchema, notStartedSchema])),
  /** Since when its output is to be saved in `work`, before the end is told. Null: it is, or there is none. */
  outputDue: z._default(z.nullable(momentSchema), null),
  /** The site's epilog has still to run; the attempt keeps its room until then. */
  epilogDue: z._default(z.boolean(), false),
  /** `acked`: the gateway has the outcome. `forgotten`: it does not want to hear it. Both: remove it all. */
  settled: z.enum(["no", "acked", "forgotten"]),
});
export type Attempt = z.infer<typeof attemptSchema>;

export type Place = Pick<Attempt, "folder" | "outputFolder">;
export type NewAttempt = {
  ref: Ref;
  category: string;
  plan: JobPlan;
  gpus: string[];
  cores?: number[];
  now: Moment;
  place?: Place;
};

function termsOf(plan: JobPlan): Terms {
  const { resources, exclusive, wallMs, diskBytes, stopGraceMs, maxSilenceMs, maxSuspendMs, output } = plan;
  return {
    ...{ resources, wallMs, stopGraceMs, maxSilenceMs, output },
    ...(exclusive ? { exclusive } : {}),
    ...(diskBytes === undefined ? {} : { diskBytes }),
    ...(maxSuspendMs === undefined ? {} : { maxSuspendMs }),
  };
}

export function newAttempt({ ref, category, plan, gpus, cores = [], now, place }: NewAttempt): Attempt {
  return {
    ref,
    category,
    terms: termsOf(plan),
    gpus,
    cores,
    folder: place?.folder ?? null,
    outputFolder: place?.outputFolder ?? null,
    acceptedAt: now,
    imageDigest: null,
    go: null,
    start: null,
    started: null,
    startedAcked: false,
    extended: null,
    suspension: null,
    cause: null,
    termAt: null,
    outcome: null,
    outputDue: null,
    epilogDue: false,
    settled: "no",
  };
}

/** Nothing was ever granted, so nothing can have run. */
export function isUngranted(attempt: Attempt): boolean {
  return attempt.go === null && attempt.start === null && attempt.started === null;
}

/** Its container is younger than this, in uptime. Null: it was accepted in another boot, or by a journal that is lost. */
export function notBeforeMs({ acceptedAt, go }: Attempt, now: Moment): number | null {
  return go !== null && acceptedAt.bootId === now.bootId ? acceptedAt.uptimeMs : null;
}

/** As `hello` names it. `prepared`: the image is there, or the container is. */
export function phaseOf(attempt: Attempt, prepared: boolean): Phase {
  if (attempt.outcome !== null) {
    return attempt.outcome.kind === "exited" && attempt.outcome.reason === "vanished" ? "vanished" : "ended";
  }
  if (attempt.started !== null) {
    return "running";
  }
  if (attempt.go !== null) {
    return "granted";
  }
  return prepared ? "ready" : "preparing";
}

/** Milliseconds from `from` to `to`; across a reboot only the wall clock is left. Never negative. */
export function elapsedMs(from: Moment, to: Moment): number {
  const ms = from.bootId === to.bootId ? to.uptimeMs - from.uptimeMs : to.nowMs - from.nowMs;
  return Math.max(0, Math.round(ms));
}
