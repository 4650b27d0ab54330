/** A job's whole life on a node, seen from the line. */
import { afterEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

test("an accepted job waits for go, runs once, and leaves nothing after its end is acknowledged", async () => {
  node = await aNode();
  const ref = aRef();
  node.offer(ref);
  await until(() => node.link.frames("accept").length === 1);
  expect(node.link.frames("accept")).toEqual([{ type: "accept", ref, ready: true }]);
  await until(() => node.container() !== undefined);
  expect(node.engine.startCalls).toEqual([]);

  node.go(ref);
  await node.told("started");
  expect(node.agent.describe("example-compute").inventory).toEqual([{ ref, phase: "running" }]);
  await node.clock.advance(5_000);
  node.engine.exit(refName(ref), 3);
  await node.told("exited");
  const exited = { cause: "exit", exitCode: 3, reason: null, oom: false, ranMs: 5_000, agoMs: 0, tail: null };
  expect(node.link.fact(ref, "exited")).toMatchObject(exited);
  expect(node.container()).toBeDefined();

  node.agent.received(node.link, { type: "ack", ref, kind: "started" });
  node.agent.received(node.link, { type: "ack", ref, kind: "exited" });
  await node.agent.idle();
  expect(node.container()).toBeUndefined();
  expect(node.engine.startCalls).toEqual([refName(ref)]);
  expect(node.link.facts(ref).map((fact) => fact.kind)).toEqual(["started", "exited"]);
});

test("a missing image is pulled after the acceptance, with its progress, and ready follows", async () => {
  node = await aNode();
  const release = node.engine.holdPulls();
  node.offer(aRef(), aPlan({ image: "large" }));
  await until(() => node.link.frames("progress").length === 1);
  expect(node.link.frames("accept")[0]?.ready).toBe(false);
  expect(node.link.frames("ready")).toEqual([]);
  release();
  await until(() => node.link.frames("ready").length === 1);
});

test("go that comes before the container exists starts it when it does", async () => {
  node = await aNode();
  const release = node.engine.holdPulls();
  node.offer(aRef(), aPlan({ image: "large" }));
  await until(() => node.link.frames("accept").length === 1);
  node.go();
  node.go();
  release();
  await node.told("started");
  expect(node.engine.startCalls).toHaveLength(1);
  expect(node.link.frames("ready")).toEqual([]);
});

test("facts that nobody acknowledged are told again after each welcome, the start before the end", async () => {
  node = await aNode();
  await node.runJob();
  node.link.drop(node.agent);
  node.engine.exit(refName(aRef()), 0);
  await until(() => node.agent.status().jobs[0]?.phase === "ended");
  await node.clock.advance(60_000);
  node.link.sent.length = 0;
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  await until(() => node.link.facts(aRef()).length >= 2);
  expect(node.link.facts(aRef()).map((fact) => fact.kind)).toEqual(["started", "exited"]);
  expect(node.link.fact(aRef(), "exited")?.agoMs).toBe(60_000);
});

test("an acknowledged start is not told again, unless the gateway asks for it", async () => {
  node = await aNode();
  await node.runJob();
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "started" });
  node.link.sent.length = 0;
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep" }]);
  expect(node.link.facts(aRef())).toEqual([]);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  expect(node.link.facts(aRef()).map((fact) => fact.kind)).toEqual(["started"]);
});

test("a forgotten job is stopped and removed without a word", async () => {
  node = await aNode();
  await node.runJob();
  node.link.sent.length = 0;
  node.agent.received(node.link, { type: "forget", ref: aRef() });
  await node.agent.idle();
  expect(node.engine.signals).toEqual(["TERM"]);
  expect(node.container()).toBeUndefined();
  expect(node.link.frames("fact")).toEqual([]);
});

test("a revoked runner stops and settles everything and takes no more", async () => {
  node = await aNode();
  await node.runJob();
  node.agent.revoked("example-compute");
  await node.agent.idle();
  expect(node.container()).toBeUndefined();
  node.offer(aRef({ job: "2" }));
  await until(() => node.link.frames("refuse").length === 1);
  expect(node.link.frames("refuse")[0]).toMatchObject({ failure: { code: "closed" } });
});

test("close returns at once and leaves the containers running", async () => {
  node = await aNode();
  await node.runJob();
  await node.agent.close();
  expect(node.container()?.alive).toBe(true);
  expect(node.engine.signals).toEqual([]);
});

test("a runner that is revoked before Podman has listed stops what it then finds", async () => {
  node = await aNode();
  await node.runJob();
  await node.crash();
  node.engine.goAway();
  await node.boot();
  node.agent.revoked("example-compute");
  node.engine.comeBack();
  await node.clock.advance(10_000);
  await node.agent.idle();
  expect(node.engine.signals).toEqual(["TERM"]);
  expect(node.container()).toBeUndefined();
});
