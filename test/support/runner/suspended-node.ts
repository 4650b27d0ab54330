/** A node whose job was paused, for tests of pauses. One node at a time: `node` is the last that was made. */
import { refName } from "../../../shared/ids.ts";
import { quiet } from "../manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../node-under-test.ts";

export let node: NodeUnderTest;

/** What is different about the node. */
type SetUp = Parameters<typeof aNode>[0];

export const PLAN = aPlan({ wallMs: 60_000, maxSuspendMs: 605_000 });
export const NAME = refName(aRef());
export const order = (type: "suspend" | "resume", n: number) =>
  node.agent.received(node.link, { type, ref: aRef(), n });
export const status = () => node.container()?.facts.status;
export const ended = () => node.link.fact(aRef(), "exited");
export const words = () =>
  node.link
    .facts(aRef())
    .flatMap((fact) => (fact.kind === "suspended" || fact.kind === "resumed" ? [`${fact.kind} ${fact.n}`] : []));
export const keep = (suspension?: { n: number; wanted: boolean }) =>
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep", ...(suspension ? { suspension } : {}) }]);

export async function aRunningJob(plan = PLAN, setUp?: SetUp): Promise<void> {
  node = await aNode(setUp);
  await node.runJob(aRef(), plan);
}

/** Running for 20 s, paused since. */
export async function aSuspendedJob(plan = PLAN, setUp?: SetUp): Promise<void> {
  await aRunningJob(plan, setUp);
  await node.clock.advance(20_000);
  order("suspend", 1);
  await node.told("suspended");
  await quiet();
}
