/** Both directions, at random and at their limits. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeGatewayFrame, decodeRunnerFrame, encodeFrame } from "../../../shared/codec.ts";
import { MAX_ARGUMENT_BYTES, MAX_PLAN_BYTES } from "../../../shared/plan.ts";
import {
  gatewayFrameSchema,
  MAX_FRAME_BYTES,
  MAX_JOBS_PER_RUNNER,
  MAX_TAIL_BYTES,
  type Phase,
  type RunnerFrame,
  runnerFrameSchema,
} from "../../../shared/protocol.ts";
import { arbitraryGatewayFrame, arbitraryRunnerFrame } from "./arbitrary-frames.ts";

const NO_ROOM = {
  capacity: { total: { cpu: 0, memoryBytes: 0, gpu: 0 }, gpuKind: null, closed: null },
  usedElsewhere: { cpu: 0, memoryBytes: 0, gpu: 0 },
};

test("a runner's frame arrives as it was sent", () => {
  fc.assert(
    fc.property(arbitraryRunnerFrame, (frame) => {
      expect(decodeRunnerFrame(encodeFrame(frame))).toEqual({ ok: true, frame });
    }),
    { numRuns: 300 },
  );
});

test("a gateway's frame arrives as it was sent", () => {
  fc.assert(
    fc.property(arbitraryGatewayFrame, (frame) => {
      expect(decodeGatewayFrame(encodeFrame(frame))).toEqual({ ok: true, frame });
    }),
    { numRuns: 300 },
  );
});

test("the random frames are of every type", () => {
  const typesOf = (schema: { def: { options: readonly { shape: { type: { def: { values: string[] } } } }[] } }) =>
    schema.def.options.flatMap(({ shape }) => shape.type.def.values).sort();
  const drawn = (frames: { type: string }[]) => [...new Set(frames.map(({ type }) => type))].sort();
  expect(drawn(fc.sample(arbitraryRunnerFrame, 1_000))).toEqual(typesOf(runnerFrameSchema));
  expect(drawn(fc.sample(arbitraryGatewayFrame, 1_000))).toEqual(typesOf(gatewayFrameSchema));
});

test("a frame is taken in its own direction only, but for bye and error", () => {
  fc.assert(
    fc.property(arbitraryRunnerFrame, arbitraryGatewayFrame, (theirs, ours) => {
      expect(decodeGatewayFrame(encodeFrame(theirs)).ok).toBe(["bye", "error"].includes(theirs.type));
      expect(decodeRunnerFrame(encodeFrame(ours)).ok).toBe(["bye", "error"].includes(ours.type));
    }),
  );
});

function aHello(jobs: number): RunnerFrame {
  const phase: Phase = "preparing";
  const ref = (job: number) => ({
    ...{ job: String(job).padStart(64, "9"), incarnation: "f".repeat(16), attempt: 999_999_999, rank: 511 },
  });
  return {
    ...{ type: "hello", proof: "A".repeat(88), instance: "0".repeat(16), version: "0.1.0", ...NO_ROOM },
    machine: { hostname: "h".repeat(255), arch: "amd64", podman: "4.3.1" },
    inventory: Array.from({ length: jobs }, (_, job) => ({ ref: ref(job), phase })),
  };
}

test("the longest hello of a runner that holds all it may fits one frame, one job more is refused", () => {
  const text = encodeFrame(aHello(MAX_JOBS_PER_RUNNER));
  expect(Buffer.byteLength(text)).toBeLessThan(MAX_FRAME_BYTES / 2);
  expect(decodeRunnerFrame(text).ok).toBe(true);
  expect(decodeRunnerFrame(encodeFrame(aHello(MAX_JOBS_PER_RUNNER + 1)))).toMatchObject({
    ok: false,
    fault: { field: "inventory" },
  });
});

test("a full tail fits its field, and one byte more does not", () => {
  const exited = (bytes: number): RunnerFrame => ({
    type: "fact",
    ref: { job: "1", incarnation: "0".repeat(16), attempt: 1, rank: 0 },
    fact: {
      ...{ kind: "exited", cause: "exit", reason: null, exitCode: 0, oom: false, ranMs: 1, agoMs: 0 },
      tail: Buffer.alloc(bytes).toString("base64"),
    },
  });
  expect(decodeRunnerFrame(encodeFrame(exited(MAX_TAIL_BYTES))).ok).toBe(true);
  expect(decodeRunnerFrame(encodeFrame(exited(MAX_TAIL_BYTES + 3))).ok).toBe(false);
});

test("the largest plan leaves room for its envelope, and holds the longest argument", () => {
  expect(MAX_PLAN_BYTES).toBeLessThan(MAX_FRAME_BYTES - 1_024);
  expect(MAX_ARGUMENT_BYTES).toBeLessThan(MAX_PLAN_BYTES);
});

test("an age is never negative, nor a fraction", () => {
  const started = (agoMs: number) =>
    runnerFrameSchema.safeParse({
      type: "fact",
      ref: { job: "1", incarnation: "0".repeat(16), attempt: 1, rank: 0 },
      fact: { kind: "started", agoMs, imageDigest: null },
    }).success;
  expect([0, 1, -1, 0.5].map(started)).toEqual([true, true, false, false]);
});
