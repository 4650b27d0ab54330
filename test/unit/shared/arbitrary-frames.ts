/** Every frame that the protocol allows, at random. */
import fc from "fast-check";
import type { Failure } from "../../../shared/failure.ts";
import { failureSchema } from "../../../shared/failure.ts";
import type { Ref } from "../../../shared/ids.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import {
  type Fact,
  type GatewayFrame,
  LOST_REASONS,
  MAX_TAIL_BYTES,
  phaseSchema,
  type RunnerFrame,
  verdictSchema,
} from "../../../shared/protocol.ts";

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
/** What JSON carries unchanged: lone surrogates too. */
const text = (maxLength: number) =>
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength });
const count = fc.nat(10 ** 9);
const positive = fc.integer({ min: 1, max: 10 ** 9 });
/** JSON knows no negative zero. */
const cores = fc.double({ min: 0, max: 4096, noNaN: true }).map((cpu) => cpu + 0);
const base64 = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString("base64"));

export const arbitraryRef: fc.Arbitrary<Ref> = fc.record({
  job: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
  incarnation: hex(16),
  attempt: fc.integer({ min: 1, max: 10 ** 9 }),
  rank: fc.integer({ min: 0, max: 511 }),
});

const resources = fc.record({ cpu: cores, memoryBytes: fc.maxSafeNat(), gpu: fc.nat(64) });
const capacity = fc.record({
  total: resources,
  gpuKind: fc.option(text(64)),
  closed: fc.option(fc.record({ code: text(32), text: text(400) })),
});
const room = { capacity, usedElsewhere: resources, heldElsewhere: fc.boolean() };
const failure: fc.Arbitrary<Failure> = fc.record(
  { code: fc.constantFrom(...failureSchema.shape.code.options), detail: text(400) },
  { requiredKeys: ["code"] },
);

const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ kind: fc.constant("started" as const), agoMs: count, imageDigest: fc.option(text(200)) }),
  fc.record({ kind: fc.constant("not-started" as const), failure }),
  fc.record({ kind: fc.constant("extended" as const), wallMs: positive }),
  fc.record({ kind: fc.constant("suspended" as const), n: positive, agoMs: count }),
  fc.record({ kind: fc.constant("resumed" as const), n: positive, agoMs: count, byLimit: fc.boolean() }),
  fc.record(
    {
      kind: fc.constant("exited" as const),
      cause: fc.constantFrom(
        "exit" as const,
        "expired" as const,
        "cancelled" as const,
        "silence" as const,
        "lost" as const,
      ),
      reason: fc.option(fc.constantFrom(...LOST_REASONS)),
      exitCode: fc.option(fc.integer({ min: 0, max: 255 })),
      oom: fc.boolean(),
      disk: fc.record({ usedBytes: count, limitBytes: fc.option(positive) }),
      ranMs: fc.option(count),
      agoMs: count,
      tail: fc.option(base64(MAX_TAIL_BYTES)),
    },
    { requiredKeys: ["kind", "cause", "reason", "exitCode", "oom", "ranMs", "agoMs", "tail"] },
  ),
);

const inventory = fc.array(fc.record({ ref: arbitraryRef, phase: fc.constantFrom(...phaseSchema.options) }), {
  maxLength: 20,
});

export const arbitraryRunnerFrame: fc.Arbitrary<RunnerFrame> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    proof: base64(64),
    instance: hex(16),
    version: text(32),
    machine: fc.record({ hostname: text(255), arch: text(32), podman: fc.option(text(64)) }),
    ...room,
    inventory: fc.oneof(fc.constant("unknown" as const), inventory),
  }),
  fc.record({ type: fc.constant("capacity" as const), ...room }),
  fc.record({ type: fc.constant("accept" as const), ref: arbitraryRef, ready: fc.boolean() }),
  fc.record({ type: fc.constant("refuse" as const), ref: arbitraryRef, failure, ...room }),
  fc.record({ type: fc.constant("ready" as const), ref: arbitraryRef }),
  fc.record({ type: fc.constant("progress" as const), ref: arbitraryRef, text: text(400) }),
  fc.record({ type: fc.constant("fact" as const), ref: arbitraryRef, fact }),
  fc.record({ type: fc.constant("bye" as const), reason: text(200) }),
  fc.record({ type: fc.constant("error" as const), code: text(64), field: text(200), message: text(400) }),
);

const duration = fc.integer({ min: 1, max: 10 ** 9 });
const plan: fc.Arbitrary<JobPlan> = fc.record(
  {
    image: fc.string({ minLength: 1, maxLength: 100 }),
    argv: fc.array(text(40), { minLength: 1, maxLength: 10 }),
    environment: fc.dictionary(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,9}$/), text(40), { noNullPrototype: true }),
    workingDirectory: fc.option(text(40)),
    useImageWorkingDirectory: fc.boolean(),
    asRoot: fc.boolean(),
    resources,
    gpuKind: fc.option(text(64)),
    wallMs: duration,
    diskBytes: positive,
    stopGraceMs: duration,
    maxSilenceMs: fc.option(duration),
    maxSuspendMs: duration,
    network: fc.constantFrom("none" as const, "internet" as const, "site" as const),
    output: fc.constantFrom("edge" as const, "site" as const),
    workspace: text(40),
    application: fc.record({ name: text(20), version: text(20) }),
    product: fc.record({ name: text(20), category: text(20) }),
  },
  {
    requiredKeys: [
      ...(["image", "argv", "environment", "workingDirectory", "asRoot", "resources", "gpuKind", "wallMs"] as const),
      ...(["stopGraceMs", "maxSilenceMs", "network", "output", "workspace", "application", "product"] as const),
    ],
  },
);

const suspension = fc.record({ n: positive, wanted: fc.boolean() });
const verdict = fc.record(
  { ref: arbitraryRef, verdict: fc.constantFrom(...verdictSchema.options), wallMs: duration, suspension },
  { requiredKeys: ["ref", "verdict"] },
);

export const arbitraryGatewayFrame: fc.Arbitrary<GatewayFrame> = fc.oneof(
  fc.record({ type: fc.constant("challenge" as const), nonce: fc.string({ minLength: 16, maxLength: 128 }) }),
  fc.record({
    type: fc.constant("welcome" as const),
    runner: fc.record({ id: text(40), name: text(40) }),
    times: fc.record({
      pingMs: duration,
      pongMs: duration,
      leaseMs: duration,
      startMs: duration,
      stopMarginMs: duration,
    }),
    now: fc.maxSafeInteger().map((ms) => ms + 0),
    reconnectWindowMs: count,
    oldestVersion: text(32),
    verdicts: fc.array(verdict, { maxLength: 20 }),
    drained: fc.option(fc.record({ reason: text(500), inMs: fc.option(count, { nil: undefined }) }), {
      nil: undefined,
    }),
  }),
  fc.record({ type: fc.constant("offer" as const), ref: arbitraryRef, plan }),
  fc.record({ type: fc.constantFrom("go" as const, "cancel" as const, "forget" as const), ref: arbitraryRef }),
  fc.record({
    type: fc.constant("ack" as const),
    ref: arbitraryRef,
    kind: fc.constantFrom("started" as const, "exited" as const, "not-started" as const),
  }),
  fc.record({ type: fc.constant("open" as const), ref: arbitraryRef, nonce: fc.stringMatching(/^[0-9a-f]{32}$/) }),
  fc.record({
    type: fc.constant("ack" as const),
    ref: arbitraryRef,
    kind: fc.constant("extended" as const),
    wallMs: duration,
  }),
  fc.record({
    type: fc.constant("ack" as const),
    ref: arbitraryRef,
    kind: fc.constantFrom("suspended" as const, "resumed" as const),
    n: positive,
  }),
  fc.record({ type: fc.constant("extend" as const), ref: arbitraryRef, wallMs: duration }),
  fc.record({ type: fc.constantFrom("suspend" as const, "resume" as const), ref: arbitraryRef, n: positive }),
  fc.record({ type: fc.constant("drain" as const), reason: text(500) }, { requiredKeys: ["type"] }),
  fc.constant({ type: "undrain" as const }),
  fc.record({ type: fc.constant("hold" as const), need: fc.option(resources) }),
  fc.record(
    { type: fc.constant("bye" as const), reason: text(200), retryAfterMs: count },
    { requiredKeys: ["type", "reason"] },
  ),
  fc.record({ type: fc.constant("error" as const), code: text(64), field: text(200), message: text(400) }),
);
