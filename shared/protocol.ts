/**
 * The frames between runner and gateway: JSON text on a WebSocket, one union per direction. Within v1 frames only grow
 * optional fields, so unknown keys are ignored. The verdict table is in docs/protocol.md.
 *
 * Frames carry ages (`agoMs`), never a node's wall-clock time: nodes' clocks are wrong, their stopwatches are not.
 */
import * as z from "zod/mini";
import { capacitySchema } from "./capacity.ts";
import { failureSchema } from "./failure.ts";
import { refSchema } from "./ids.ts";
import { planSchema, resourcesSchema } from "./plan.ts";
import { matching, textUpTo, whole } from "./schema.ts";

/** One frame, in bytes of UTF-8; the queue object's memory is 128 MB and a runner may send ten at once. */
export const MAX_FRAME_BYTES = 256 * 1024;
/** What a runner holds at most: an inventory of 512 keys is about 80 KB. */
export const MAX_JOBS_PER_RUNNER = 512;
/** The end of a job's output that travels inside `exited`. */
export const MAX_TAIL_BYTES = 8 * 1024;

const ageMs = whole(0);

/**
 * What the node knows of an attempt. `granted`: `go` is journalled, no more is known. `vanished`: it had been granted
 * and nothing is left of it.
 */
export const phaseSchema = z.enum(["preparing", "ready", "granted", "running", "ended", "vanished"]);
export type Phase = z.infer<typeof phaseSchema>;

/** The room of a runner as one of its queues sees it. */
const roomFields = {
  capacity: capacitySchema,
  usedElsewhere: resourcesSchema,
  /** Part of `usedElsewhere` is free, and kept for a job of another queue; absent: none is. */
  heldElsewhere: z.optional(z.boolean()),
  /** Its own operator takes it out of service then: what it is offered must be over. Absent: nothing is planned. */
  closesInMs: z.optional(whole(0)),
};

const inventorySchema = z
  .array(z.object({ ref: refSchema, phase: phaseSchema }))
  .check(z.maxLength(MAX_JOBS_PER_RUNNER));
export type Inventory = z.infer<typeof inventorySchema>;

export const LOST_REASONS = ["machine_restarted", "supervisor_killed", "vanished", "revoked", "never_started"] as const;

const startedSchema = z.object({
  kind: z.literal("started"),
  agoMs: ageMs,
  imageDigest: z.nullable(textUpTo(200)),
  /** UCloud's path of `/work`, where that lies in a drive that UCloud knows. */
  outputFolder: z.optional(textUpTo(4096)),
});

/** Of a job that the node stopped for what it wrote; `limitBytes` null: the machine itself was running out of space. */
export const diskUseSchema = z.object({ usedBytes: whole(0), limitBytes: z.nullable(whole(1)) });
export type DiskUse = z.infer<typeof diskUseSchema>;

const exitedSchema = z.object({
  kind: z.literal("exited"),
  /**
   * The first cause that the node journalled. `exit`: by itself. `expired`: wall time. `cancelled`: on order.
   * `silence`: `maxSilence` was near. `lost`: nobody saw the end, `reason` says why.
   */
  cause: z.enum(["exit", "expired", "cancelled", "silence", "lost"]),
  reason: z.nullable(z.enum(LOST_REASONS)),
  /** As Podman wrote it; null where nobody did. Above 128 it is signal n or exit code 128+n. */
  exitCode: z.nullable(whole(0, 255)),
  oom: z.boolean(),
  /** Then `cause` is `exit` and `exitCode` is not 0, which a gateway that does not know this field tells as a failure. */
  disk: z.optional(diskUseSchema),
  /** Time in which the program ran; null when it is not known that it ever did. */
  ranMs: z.nullable(ageMs),
  agoMs: ageMs,
  /** The last bytes of the output in base64; absent for products with `output: site`. */
  tail: z.nullable(z.base64().check(z.maxLength(Math.ceil(MAX_TAIL_BYTES / 3) * 4))),
  /** Where the files of a job are that people may fetch at the site, and for how long from its end on. */
  results: z.optional(z.object({ folder: textUpTo(4096), keptMs: ageMs })),
});

const notStartedSchema = z.object({ kind: z.literal("not-started"), failure: failureSchema });

/** The node counts against this running time from now on. */
const extendedSchema = z.object({ kind: z.literal("extended"), wallMs: whole(1) });

/** Counts a job's orders to pause and to go on. */
const orderNumber = whole(1);
/** The program stands still since then. */
const suspendedSchema = z.object({ kind: z.literal("suspended"), n: orderNumber, agoMs: ageMs });
/** It goes on since then; `byLimit`: nobody asked, the pause had lasted as long as it may. */
const resumedSchema = z.object({ kind: z.literal("resumed"), n: orderNumber, agoMs: ageMs, byLimit: z.boolean() });

/**
 * Something that happened to an attempt: keyed (ref, kind), resent until acknowledged by that key. What can happen more
 * than once has a number of its own in the key: `extended` its total, `suspended` and `resumed` that of the order.
 */
export const factSchema = z.discriminatedUnion("kind", [
  startedSchema,
  exitedSchema,
  notStartedSchema,
  extendedSchema,
  suspendedSchema,
  resumedSchema,
]);
export type Fact = z.infer<typeof factSchema>;
export type Exited = z.infer<typeof exitedSchema>;

/** What an acknowledgement names: the kind, and the number of those that can happen more than once. */
const factKeySchema = z.object({
  kind: z.enum(["started", "exited", "not-started", "extended", "suspended", "resumed"]),
  wallMs: z.optional(whole(1)),
  n: z.optional(orderNumber),
});
export type FactKey = z.infer<typeof factKeySchema>;

export function factKey(fact: Fact): FactKey {
  switch (fact.kind) {
    case "extended":
      return { kind: fact.kind, wallMs: fact.wallMs };
    case "suspended":
    case "resumed":
      return { kind: fact.kind, n: fact.n };
    default:
      return { kind: fact.kind };
  }
}

export const runnerFrameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    /** Ed25519 signature of `proofText`, base64. */
    proof: z.base64().check(z.maxLength(128)),
    /** Random per process: tells a reconnect from a second machine with the same key. */
    instance: matching(/^[0-9a-f]{16}$/),
    version: textUpTo(32),
    machine: z.object({
      hostname: textUpTo(255),
      arch: textUpTo(32),
      podman: z.nullable(textUpTo(64)),
    }),
    ...roomFields,
    /** `unknown` while Podman has not listed its containers: a sign of life and nothing else. */
    inventory: z.union([z.literal("unknown"), inventorySchema]),
  }),
  z.object({ type: z.literal("capacity"), ...roomFields }),
  z.object({ type: z.literal("accept"), ref: refSchema, ready: z.boolean() }),
  z.object({ type: z.literal("refuse"), ref: refSchema, failure: failureSchema, ...roomFields }),
  z.object({ type: z.literal("ready"), ref: refSchema }),
  /** Pull progress for the user's status line; the latest wins, never acknowledged or resent. */
  z.object({ type: z.literal("progress"), ref: refSchema, text: textUpTo(400) }),
  z.object({ type: z.literal("fact"), ref: refSchema, fact: factSchema }),
  z.object({ type: z.literal("bye"), reason: textUpTo(200) }),
  z.object({
    type: z.literal("error"),
    code: textUpTo(64),
    field: textUpTo(200),
    message: textUpTo(400),
  }),
]);
export type RunnerFrame = z.infer<typeof runnerFrameSchema>;
export type Hello = Extract<RunnerFrame, { type: "hello" }>;

/**
 * `keep`: go on. `go`: start it. `resend`: its fact again. `cancel`: stop it, then tell the end. `forget`: stop it,
 * remove everything, say nothing.
 */
export const verdictSchema = z.enum(["keep", "go", "resend", "cancel", "forget"]);
export type Verdict = z.infer<typeof verdictSchema>;

const timesOnTheWire = z.object({
  pingMs: whole(1),
  pongMs: whole(1),
  leaseMs: whole(1),
  startMs: whole(1),
  stopMarginMs: whole(1),
});
export type RunnerTimes = z.infer<typeof timesOnTheWire>;

/** `inMs`: only then; until then it takes what will be over. */
const drainWords = z.object({ reason: textUpTo(500), inMs: z.optional(whole(0)) });

export const gatewayFrameSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("challenge"), nonce: z.string().check(z.minLength(16), z.maxLength(128)) }),
  z.object({
    type: z.literal("welcome"),
    runner: z.object({ id: z.string(), name: z.string() }),
    times: timesOnTheWire,
    /** The gateway's clock, ms since the epoch; for the log line only. */
    now: z.int(),
    /** Spread the next reconnect over this much, so that a deploy is no stampede. */
    reconnectWindowMs: whole(0),
    /** An older runner drains and says so. */
    oldestVersion: z.string(),
    /** The site takes no new jobs to this runner; absent: it does. */
    drained: z.optional(drainWords),
    /** Complete for a complete inventory, empty for an unknown one. */
    verdicts: z.array(
      z.object({
        ref: refSchema,
        verdict: verdictSchema,
        wallMs: z.optional(whole(1)),
        /** The newest order to pause (`wanted`) or to go on; absent where there was none. */
        suspension: z.optional(z.object({ n: orderNumber, wanted: z.boolean() })),
      }),
    ),
  }),
  z.object({ type: z.literal("offer"), ref: refSchema, plan: planSchema }),
  z.object({ type: z.literal("go"), ref: refSchema }),
  z.object({ type: z.literal("ack"), ref: refSchema, ...factKeySchema.shape }),
  z.object({ type: z.literal("cancel"), ref: refSchema }),
  /** The job's whole running time from now on; one that is not longer changes nothing. Answered `extended`. */
  z.object({ type: z.literal("extend"), ref: refSchema, wallMs: whole(1) }),
  /** Pause the program where it stands. An order that is not newer than the last one says nothing. */
  z.object({ type: z.literal("suspend"), ref: refSchema, n: orderNumber }),
  z.object({ type: z.literal("resume"), ref: refSchema, n: orderNumber }),
  z.object({ type: z.literal("forget"), ref: refSchema }),
  /** Somebody looks at this attempt's log: dial its relay. The nonce goes into the token of that dial. */
  z.object({ type: z.literal("open"), ref: refSchema, nonce: z.string().check(z.minLength(16), z.maxLength(128)) }),
  /** Take no new jobs; what is here goes on. `undrain` ends it. */
  z.object({ type: z.literal("drain"), ...z.partial(drainWords).shape }),
  z.object({ type: z.literal("undrain") }),
  /** Keep what comes free, until there is room for this much; null: no more. So does the next offer end it. */
  z.object({ type: z.literal("hold"), need: z.nullable(resourcesSchema), gpuKind: z.nullish(z.string()) }),
  z.object({ type: z.literal("bye"), reason: z.string(), retryAfterMs: z.optional(whole(0)) }),
  z.object({ type: z.literal("error"), code: z.string(), field: z.string(), message: z.string() }),
]);
export type GatewayFrame = z.infer<typeof gatewayFrameSchema>;
export type Welcome = Extract<GatewayFrame, { type: "welcome" }>;
