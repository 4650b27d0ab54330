/** Start is called once for a grant; after an answer that never came, only the facts decide. */
import { afterEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

async function granted(prepare: (node: NodeUnderTest) => void): Promise<void> {
  node = await aNode(prepare);
  node.offer();
  await until(() => node.container() !== undefined);
  node.go();
}

test("a start without an answer that took effect is the fact, and start is not called again", async () => {
  await granted((n) => n.engine.startFaults.push("unanswered-but-started"));
  await node.told("started");
  await node.clock.advance(120_000);
  expect(node.engine.startCalls).toHaveLength(1);
  expect(node.container()?.runs).toBe(1);
});

test("a program that ended before its unanswered start was looked at does not run twice", async () => {
  await granted((n) => {
    n.engine.startFaults.push("unanswered-but-started");
    n.engine.afterStart = (name) => n.engine.exit(name, 0);
  });
  await node.told("exited");
  expect(node.link.facts(aRef()).map((fact) => fact.kind)).toEqual(["started", "exited"]);
  expect(node.engine.startCalls).toHaveLength(1);
});

test("a start without an answer is repeated only after the whole deadline without effect", async () => {
  await granted((n) => n.engine.startFaults.push("unanswered-and-not-started"));
  await until(() => node.engine.startCalls.length === 1);
  await node.clock.advance(19_000);
  expect(node.engine.startCalls).toHaveLength(1);
  await node.clock.advance(2_000);
  await node.told("started");
  expect(node.engine.startCalls).toHaveLength(2);
  expect(node.container()?.runs).toBe(1);
});

test("a start whose service died with it is repeated as soon as the new service answers", async () => {
  await granted((n) => n.engine.startFaults.push("unanswered-and-not-started"));
  await until(() => node.engine.startCalls.length === 1);
  node.engine.service = "service-2";
  await node.clock.advance(2_000);
  await node.told("started");
  expect(node.engine.startCalls).toHaveLength(2);
});

test("a start that never takes effect five times ends as never started, with its container removed", async () => {
  await granted((n) => n.engine.startFaults.push(...Array(5).fill("unanswered-and-not-started")));
  await node.clock.advance(200_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "lost", reason: "never_started", ranMs: null });
  expect(node.engine.startCalls).toHaveLength(5);
  expect(node.container()).toBeUndefined();
});

test("a start that is refused is told as not started, with Podman's side of the failure", async () => {
  await granted((n) => n.engine.startFaults.push({ code: "gpu_failed" }));
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")).toEqual({ kind: "not-started", failure: { code: "gpu_failed" } });
  await node.clock.advance(60_000);
  expect(node.engine.startCalls).toHaveLength(1);
});

/** Podman died between the runtime's start of the program and its own note of it: it shows neither a start nor its end. */
function forgetStart(engine: NodeUnderTest["engine"], name: string): void {
  Object.assign(engine.containers.get(name)?.facts ?? {}, { status: "other", startedAtPodman: null });
}

test("a program that Podman did not note is never begun again: its container goes, and the job is told as lost", async () => {
  await granted((n) => {
    n.engine.startFaults.push("unanswered-but-started");
    n.engine.afterStart = (name) => forgetStart(n.engine, name);
  });
  node.engine.service = "service-2";
  await node.clock.advance(30_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "lost", reason: "never_started" });
  expect(node.engine.startCalls).toHaveLength(1);
  expect(node.container()).toBeUndefined();
});

test("a refused start of a container that is not as it was made is no proof that nothing ran", async () => {
  node = await aNode((n) => n.engine.startFaults.push({ code: "podman_failed" }));
  node.offer();
  await until(() => node.container() !== undefined);
  forgetStart(node.engine, refName(aRef()));
  node.go();
  await node.told("exited");
  expect(node.link.fact(aRef(), "not-started")).toBeUndefined();
  expect(node.container()).toBeUndefined();
});

test("a process that dies between the call and its answer starts nothing again", async () => {
  await granted((n) => n.engine.startFaults.push("unanswered-but-started"));
  await until(() => node.engine.startCalls.length === 1);
  await node.crash();
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.told("started");
  await node.clock.advance(60_000);
  expect(node.engine.startCalls).toHaveLength(1);
});

test("a process that dies during the call leaves the next one to wait for its effect", async () => {
  await granted((n) => n.engine.startFaults.push("hanging"));
  await until(() => node.engine.startCalls.length === 1);
  const closing = node.agent.close();
  await node.clock.advance(3_000);
  await closing;
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.clock.advance(30_000);
  await node.told("started");
  expect(node.engine.startCalls).toHaveLength(1);
  expect(node.container()?.runs).toBe(1);
});

test("go that was journalled before the process died is carried out by the next one", async () => {
  node = await aNode();
  node.offer();
  await until(() => node.container() !== undefined);
  node.engine.goAway();
  node.go();
  await node.clock.advance(1_000);
  await node.crash();
  node.engine.comeBack();
  await node.boot();
  await until(() => node.agent.status().jobs[0]?.phase === "running");
  expect(node.engine.startCalls).toHaveLength(1);
});

test("a container that cannot be made after go is told as not started", async () => {
  node = await aNode((n) => {
    n.engine.createFailure = { code: "mount_failed" };
  });
  node.offer();
  node.go();
  await node.told("not-started");
  expect(node.engine.startCalls).toEqual([]);
});

test("a job whose network's rules do not stand is told as not started, and start is never called", async () => {
  await granted((n) => {
    n.engine.networkFailure = { code: "network_failed" };
  });
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")).toMatchObject({ failure: { code: "network_failed" } });
  expect(node.engine.startCalls).toEqual([]);
});
