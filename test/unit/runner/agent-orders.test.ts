/** Whatever happens in whatever order: nothing runs twice, nothing runs ungranted, and the facts keep their order. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import type { Verdict } from "../../../shared/protocol.ts";
import type { StartFault } from "../../support/fake-engine.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

type Event =
  | { is: "offer" | "go" | "cancel" | "forget" | "ack" | "away" | "back" | "crash" | "reboot" | "vanish" }
  | { is: "exit"; code: number }
  | { is: "suspend" | "resume"; n: number }
  | { is: "advance"; ms: number }
  | { is: "fault"; fault: StartFault }
  | { is: "welcome"; verdict: Verdict };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Event>({ is: "offer" }, { is: "go" }) },
  fc.constantFrom<Event>({ is: "cancel" }, { is: "forget" }, { is: "ack" }, { is: "vanish" }, { is: "reboot" }),
  { weight: 2, arbitrary: fc.constantFrom<Event>({ is: "away" }, { is: "back" }, { is: "crash" }) },
  fc.record({ is: fc.constantFrom("suspend" as const, "resume" as const), n: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ is: fc.constant("exit" as const), code: fc.constantFrom(0, 3) }),
  { weight: 2, arbitrary: fc.record({ is: fc.constant("advance" as const), ms: fc.constantFrom(10, 1_000, 25_000) }) },
  fc.record({
    is: fc.constant("fault" as const),
    fault: fc.constantFrom<StartFault>("unanswered-but-started", "unanswered-and-late", "unanswered-and-not-started", {
      code: "gpu_failed",
    }),
  }),
  fc.record({
    is: fc.constant("welcome" as const),
    verdict: fc.constantFrom<Verdict>("keep", "go", "resend", "cancel"),
  }),
);

const ref = aRef();

/** How often each container's program began, kept over removals. */
function countRuns(node: NodeUnderTest): () => number {
  let runs = 0;
  const run = node.engine.run.bind(node.engine);
  node.engine.run = (name) => {
    runs += 1;
    run(name);
  };
  return () => runs;
}

async function happen(node: NodeUnderTest, now: Event): Promise<void> {
  const { engine, link, clock } = node;
  switch (now.is) {
    case "offer":
      node.offer(ref, aPlan({ wallMs: 60_000, maxSilenceMs: 80_000 }));
      break;
    case "go":
    case "cancel":
    case "forget":
      node.agent.received(link, { type: now.is, ref });
      break;
    case "ack":
      node.agent.received(link, { type: "ack", ref, kind: "started" });
      break;
    case "suspend":
    case "resume":
      node.agent.received(link, { type: now.is, ref, n: now.n });
      break;
    case "away":
      engine.goAway();
      break;
    case "back":
      engine.comeBack();
      break;
    case "vanish":
      engine.vanish(refName(ref));
      break;
    case "exit":
      if (node.container()?.alive) {
        engine.exit(refName(ref), now.code);
      }
      break;
    case "fault":
      engine.startFaults = [now.fault];
      break;
    case "advance":
      await clock.advance(now.ms);
      break;
    case "welcome":
      link.welcome(node.agent, [{ ref, verdict: now.verdict }]);
      break;
    case "crash":
    case "reboot":
      await restart(node, now.is === "reboot");
      break;
    default:
      now satisfies never;
  }
  await clock.advance(0);
}

async function restart(node: NodeUnderTest, reboot: boolean): Promise<void> {
  await node.crash();
  if (reboot) {
    node.engine.reboot();
    node.clock.reboot();
    node.bootId = `${node.bootId}+`;
  }
  await node.boot();
  node.link.welcome(node.agent);
}

test("in any order of events a granted attempt runs at most once and its facts stay in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 25 }), async (events) => {
      const node = await aNode();
      const runs = countRuns(node);
      try {
        let granted = false;
        let forgotten = false;
        for (const now of events) {
          // After `forget` the gateway never names this attempt again.
          if (forgotten && (now.is === "offer" || now.is === "go" || now.is === "welcome")) {
            continue;
          }
          forgotten ||= now.is === "forget";
          granted ||= now.is === "go" || (now.is === "welcome" && now.verdict === "go");
          await happen(node, now);
          expect(runs()).toBeLessThanOrEqual(granted ? 1 : 0);
        }
        node.engine.comeBack();
        node.engine.startFaults = [];
        await node.clock.advance(200_000);
        expect(runs()).toBeLessThanOrEqual(1);
        checkFacts(node);
        await settle(node);
      } finally {
        await node.end();
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);

function checkFacts(node: NodeUnderTest): void {
  const kinds = node.link.facts(ref).map((fact) => fact.kind);
  const firstEnd = kinds.findIndex((kind) => kind !== "started");
  const startedLater = firstEnd >= 0 && !kinds.slice(0, firstEnd).includes("started") && kinds.includes("started");
  expect(startedLater).toBe(false);
  expect(kinds.includes("exited") && kinds.includes("not-started")).toBe(false);
}

/** Every attempt comes to an end that leaves nothing. */
async function settle(node: NodeUnderTest): Promise<void> {
  if (node.agent.status().jobs.length > 0) {
    node.agent.received(node.link, { type: "forget", ref });
    await node.clock.advance(200_000);
  }
  await until(() => node.agent.status().jobs.length === 0, "the end of every attempt");
  expect(node.engine.containers.size).toBe(0);
}
