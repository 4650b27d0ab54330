/**
 * Every duration of the system, in milliseconds, in one place. The gateway reads overrides from its variable `TIMES`
 * and hands the result to runners in `welcome`.
 */
import * as z from "zod/mini";
import { mapped, whole } from "./schema.ts";

const ms = whole(1);

const START_VALUES = {
  /** Between two pings of a runner. Answered by the platform without waking the object. */
  pingMs: 15_000,
  /** An unanswered ping is a dead line after this. */
  pongMs: 10_000,
  /** After this silence `offered` and `claimed` return to the queue, and the user of a running job is told. */
  leaseMs: 90_000,
  /** An offer that is neither accepted nor refused. */
  offerMs: 10_000,
  /** The deadline of Podman's answer to one start. */
  startMs: 20_000,
  /** Between the create's answer and the job's first update: UCloud/Core stores the answer first. */
  guardMs: 250,
  /** The same when nobody saw the answer leave; UCloud/Core's own patience is 5 s. */
  answeredMs: 6_000,
  /** A bulk over several categories that was not released is discarded. */
  holdMs: 10_000,
  /** Three noes from UCloud over at least this time mean that it forgot the job. */
  forgottenMs: 300_000,
  usageMs: 600_000,
  reconcileMs: 600_000,
  /** The longest wait between two tries of the same call to UCloud. */
  retryMaxMs: 300_000,
  /** A queued job's status line appears after this. */
  waitingLineMs: 60_000,
  /** A runner stops a job this much (at most a quarter of it) before `maxSilence`. */
  stopMarginMs: 30_000,
  /** A queue that has changed says how it stands, for the metrics, this soon. */
  snapshotMs: 60_000,
  /** Final rows stay this long. */
  keepMs: 604_800_000,
} as const;

export type Times = { [K in keyof typeof START_VALUES]: number };

/** The partial object that an operator writes; an unknown key is refused by name. */
export const timesOverrideSchema = z.strictObject(
  Object.fromEntries(Object.keys(START_VALUES).map((key) => [key, z.optional(ms)])) as {
    [K in keyof Times]: z.ZodMiniOptional<typeof ms>;
  },
);

/** All durations, with the overrides applied. `lease` follows `ping` unless it is given itself. */
export const timesSchema = mapped(timesOverrideSchema, (given): Times => {
  const lease = given.leaseMs ?? (given.pingMs === undefined ? START_VALUES.leaseMs : 6 * given.pingMs);
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...START_VALUES, ...set, leaseMs: lease };
}).check(
  z.refine((times) => times.leaseMs > times.pingMs + times.pongMs, {
    path: ["leaseMs"],
    message: "must be greater than pingMs + pongMs",
  }),
);

export const DEFAULT_TIMES: Times = timesSchema.parse({});

/** A socket silent for three pings gets no offers. */
export function offerSilenceMs(times: Times): number {
  return 3 * times.pingMs;
}

/** How long before `maxSilenceMs` a silent runner stops its job. */
export function stopMargin(times: Pick<Times, "stopMarginMs">, maxSilenceMs: number): number {
  return Math.min(times.stopMarginMs, Math.floor(maxSilenceMs / 4));
}
