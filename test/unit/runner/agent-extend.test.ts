/** A running time that is extended: journalled, counted against, and told; EXPIRED exactly when all of it is used up. */
import { afterEach, expect, test } from "vitest";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const PLAN = aPlan({ wallMs: 60_000 });
const extend = (wallMs: number) => node.agent.received(node.link, { type: "extend", ref: aRef(), wallMs });
const extended = () => node.link.facts(aRef()).flatMap((fact) => (fact.kind === "extended" ? [fact.wallMs] : []));
const ending = () => node.agent.status().jobs[0]?.ending;
const ended = () => node.link.fact(aRef(), "exited");

async function aRunningJob(): Promise<void> {
  node = await aNode();
  await node.runJob(aRef(), PLAN);
}

async function restart(): Promise<void> {
  await node.crash();
  await node.boot();
}

test("a job goes on past its first limit and ends at the second, to the millisecond", async () => {
  await aRunningJob();
  await node.clock.advance(59_000);
  extend(90_000);
  expect(extended()).toEqual([90_000]);
  await node.clock.advance(30_999);
  expect(ended()).toBeUndefined();
  await node.clock.advance(1);
  await node.told("exited");
  expect(ended()).toMatchObject({ cause: "expired", ranMs: 90_000 });
});

test("a time that is not longer shortens nothing", async () => {
  await aRunningJob();
  extend(90_000);
  extend(30_000);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep", wallMs: 30_000 }]);
  await node.clock.advance(89_999);
  expect(ended()).toBeUndefined();
  await node.clock.advance(1);
  await node.told("exited");
});

test("the same word is answered once until its answer was lost", async () => {
  await aRunningJob();
  extend(90_000);
  extend(90_000);
  expect(extended()).toEqual([90_000]);
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "extended", wallMs: 90_000 });
  extend(90_000);
  expect(extended()).toEqual([90_000, 90_000]);
});

test("the fact is repeated until it is acknowledged with its own total", async () => {
  await aRunningJob();
  extend(90_000);
  extend(120_000);
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "extended", wallMs: 90_000 });
  node.link.sent.length = 0;
  await restart();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep", wallMs: 120_000 }]);
  expect(extended()).toEqual([120_000]);
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "extended", wallMs: 120_000 });
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep", wallMs: 120_000 }]);
  expect(extended()).toEqual([120_000]);
});

test("a frame that was lost is heeded when welcome repeats it", async () => {
  await aRunningJob();
  node.link.drop(node.agent);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep", wallMs: 90_000 }]);
  expect(extended()).toContain(90_000);
  await node.clock.advance(89_999);
  expect(ended()).toBeUndefined();
});

test("a job that still prepares starts with its whole time", async () => {
  node = await aNode();
  node.engine.holdPulls();
  node.offer(aRef(), { ...PLAN, image: "large" });
  extend(90_000);
  expect(extended()).toEqual([90_000]);
});

test("a word that comes after the time was over changes nothing", async () => {
  await aRunningJob();
  node.engine.ignoresTerm = true;
  await node.clock.advance(60_000);
  await until(() => node.engine.signals.includes("TERM"));
  extend(90_000);
  expect(extended()).toEqual([]);
  await node.clock.advance(40_000);
  await node.told("exited");
  expect(ended()).toMatchObject({ cause: "expired" });
});

test.each([
  { name: "within its longer time", downMs: 60_000, isOver: false },
  { name: "past its longer time", downMs: 100_000, isOver: true },
])("a process that was down finds an extended job $name", async ({ downMs, isOver }) => {
  await aRunningJob();
  extend(90_000);
  await node.crash();
  await node.clock.advance(downMs);
  await node.boot();
  await until(() => ending() === (isOver ? "exited" : null), "what it makes of the job");
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep", wallMs: 90_000 }]);
  if (!isOver) {
    await node.clock.advance(30_000);
  }
  await node.told("exited");
  expect(ended()).toMatchObject({ cause: "expired" });
});

test("a gateway that is away has no part in it", async () => {
  await aRunningJob();
  extend(90_000);
  node.link.drop(node.agent);
  await node.clock.advance(90_000);
  expect(node.engine.signals).toEqual(["TERM"]);
  await until(() => ending() === "exited", "its end");
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  await node.told("exited");
  expect(ended()).toMatchObject({ cause: "expired", ranMs: 90_000 });
});
