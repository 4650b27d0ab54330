/** A gateway in the wrong hands, or none at all: the runner lives, and starts nothing that a plan must not ask. */
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { decodeGatewayFrame, encodeFrame } from "../../../shared/codec.ts";
import type { GatewayFrame } from "../../../shared/protocol.ts";
import { fuzzingOf } from "../../support/fuzz/fuzzing.ts";
import { spoilt, torn } from "../../support/fuzz/hostile.ts";
import { quiet, until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, GIB, type NodeUnderTest } from "../../support/node-under-test.ts";
import { arbitraryGatewayFrame } from "../shared/arbitrary-frames.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const offer: GatewayFrame = { type: "offer", ref: aRef({ job: "2002" }), plan: aPlan() };
const said = fc.oneof(
  { weight: 2, arbitrary: arbitraryGatewayFrame.map(encodeFrame) },
  { weight: 2, arbitrary: spoilt(JSON.parse(encodeFrame(offer))) },
  { weight: 1, arbitrary: arbitraryGatewayFrame.chain((frame) => spoilt(JSON.parse(encodeFrame(frame)))) },
  { weight: 1, arbitrary: torn(JSON.parse(encodeFrame(offer))) },
);

/** As the line does with what it hears. */
function take({ agent, link }: NodeUnderTest, text: string): void {
  const decoded = decodeGatewayFrame(text);
  if (!decoded.ok) {
    return;
  }
  const { frame } = decoded;
  if (frame.type === "welcome") {
    agent.welcomed(link, frame);
  } else if (frame.type !== "challenge" && frame.type !== "error" && !isEnd(frame)) {
    agent.received(link, frame);
  }
}

/** What the gateway may rightly ask for, and what ends every job. */
function isEnd(frame: GatewayFrame): boolean {
  return (frame.type === "bye" && frame.reason === "revoked") || frame.type === "drain";
}

test("frames of any kind leave the node at work and the running job alone", async () => {
  node = await aNode();
  await node.runJob();
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 5 }), async (texts) => {
      for (const text of texts) {
        take(node, text);
      }
      await quiet();
      expect(node.container()?.alive).toBe(true);
      expect(node.agent.status().podman).toBe("up");
    }),
    fuzzingOf(process.env, 4),
  );
  // A welcome may have drained it.
  node.agent.received(node.link, { type: "undrain" });
  const sound = aRef({ job: "3003" });
  node.engine.images.add("busybox");
  node.offer(sound, aPlan({ resources: { cpu: 0.001, memoryBytes: 4_194_304, gpu: 0 } }));
  await until(() => node.link.frames("accept").some(({ ref }) => ref.job === "3003"), "an acceptance");
});

/** Mostly what fits, so that one thing alone decides. */
const mostly = <T>(sound: T, ...others: T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(sound) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const demands = fc.record({
  network: mostly<"none" | "internet" | "site">("none", "internet", "site"),
  asRoot: fc.boolean(),
  resources: fc.record({
    cpu: mostly(1, 0, 4, 4.01, 1e308),
    memoryBytes: mostly(GIB, 0, 8 * GIB, 9 * GIB, Number.MAX_SAFE_INTEGER),
    gpu: mostly(0, 1, 64),
  }),
  gpuKind: mostly<string | null>(null, "a100", "__proto__"),
});

test("nothing is ever started that has a network, root, or more than the machine", async () => {
  node = await aNode();
  let attempt = 0;
  let made = 0;
  await fc.assert(
    fc.asyncProperty(demands, async (demands) => {
      const ref = aRef({ job: "2002", attempt: ++attempt });
      take(node, encodeFrame({ type: "offer", ref, plan: aPlan(demands) }));
      node.agent.received(node.link, { type: "go", ref });
      const isRefused = () => node.link.frames("refuse").some((frame) => frame.ref.attempt === attempt);
      await until(() => node.engine.containers.size > 0 || isRefused(), "an answer");
      for (const { order } of node.engine.containers.values()) {
        made += 1;
        expect(order.plan).toMatchObject({ network: "none", asRoot: false, gpuKind: null });
        expect(order.plan.resources.cpu).toBeLessThanOrEqual(4);
        expect(order.plan.resources.memoryBytes).toBeLessThanOrEqual(8 * GIB);
        expect(order.gpuDevices).toEqual([]);
      }
      node.agent.received(node.link, { type: "forget", ref });
      await quiet();
    }),
    fuzzingOf(process.env),
  );
  expect(made).toBeGreaterThan(0);
});
