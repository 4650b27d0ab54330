/** Unknown is not dead: what a node says and does while Podman does not answer, and what it finds afterwards. */
import { afterEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aRef, NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

test("until Podman has listed its containers the inventory is unknown, then hello is said again", async () => {
  node = new NodeUnderTest();
  node.engine.goAway();
  await node.boot();
  expect(node.agent.describe("example-compute")).toMatchObject({
    inventory: "unknown",
    capacity: { closed: { code: "podman" } },
  });
  node.link.welcome(node.agent);
  node.offer();
  await until(() => node.link.frames("refuse").length === 1);
  expect(node.link.frames("refuse")[0]?.failure).toEqual({ code: "not_ready" });
  node.engine.comeBack();
  await node.clock.advance(10_000);
  expect(node.link.hellos).toBe(1);
  expect(node.agent.describe("example-compute")).toMatchObject({ inventory: [], capacity: { closed: null } });
});

test("an outage of Podman keeps the jobs, closes the node and starts nothing twice", async () => {
  node = await aNode();
  await node.runJob();
  node.engine.goAway();
  await node.clock.advance(30_000);
  expect(node.agent.describe("example-compute")).toMatchObject({
    inventory: [{ ref: aRef(), phase: "running" }],
    capacity: { closed: { code: "podman" } },
  });
  expect(node.link.frames("capacity").at(-1)?.capacity.closed?.code).toBe("podman");
  node.engine.comeBack("service-2");
  await node.clock.advance(15_000);
  expect(node.link.frames("capacity").at(-1)?.capacity.closed).toBe(null);
  node.engine.exit(refName(aRef()), 0);
  await node.clock.advance(15_000);
  await node.told("exited");
  expect(node.engine.startCalls).toHaveLength(1);
  expect(node.link.hellos).toBe(0);
});

test("a listing between hello and welcome is owed a second hello", async () => {
  node = new NodeUnderTest();
  node.engine.goAway();
  await node.boot();
  node.agent.describe("example-compute");
  node.engine.comeBack();
  await node.clock.advance(10_000);
  expect(node.link.hellos).toBe(0);
  const times = { pingMs: 1, pongMs: 1, leaseMs: 1, startMs: 1, stopMarginMs: 1 };
  node.agent.welcomed(node.link, {
    ...{ type: "welcome", runner: { id: "r", name: "n" }, times, now: 0, reconnectWindowMs: 0, oldestVersion: "0" },
    verdicts: [],
  });
  expect(node.link.hellos).toBe(1);
});

test("an exit during an outage is told when Podman is back", async () => {
  node = await aNode();
  await node.runJob();
  node.engine.goAway();
  node.engine.exit(refName(aRef()), 7);
  await node.clock.advance(30_000);
  expect(node.link.fact(aRef(), "exited")).toBeUndefined();
  node.engine.comeBack();
  await node.clock.advance(15_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "exit", exitCode: 7 });
});

test("a container that something else removed is told as vanished", async () => {
  node = await aNode();
  await node.runJob();
  node.engine.vanish(refName(aRef()));
  await node.clock.advance(31_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "lost", reason: "vanished" });
  expect(node.agent.describe("example-compute").inventory).toEqual([{ ref: aRef(), phase: "vanished" }]);
});

test("running without a process and without an exit record means that its supervisor was killed", async () => {
  node = await aNode();
  await node.runJob();
  node.engine.killSupervisor(refName(aRef()));
  await node.clock.advance(40_000);
  await node.told("exited");
  const lost = { cause: "lost", reason: "supervisor_killed", exitCode: null };
  expect(node.link.fact(aRef(), "exited")).toMatchObject(lost);
});

test("a process that is gone a moment before its exit is written is no lost one", async () => {
  node = await aNode();
  await node.runJob();
  node.engine.killSupervisor(refName(aRef()));
  node.agent.welcomed(node.link, {
    ...{ type: "welcome", runner: { id: "r", name: "n" }, now: 0, reconnectWindowMs: 0, oldestVersion: "0" },
    times: { pingMs: 1, pongMs: 1, leaseMs: 1, startMs: 1, stopMarginMs: 1 },
    verdicts: [],
  });
  await node.clock.advance(30_500);
  node.engine.exit(refName(aRef()), 0);
  await node.clock.advance(5_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "exit", exitCode: 0 });
});

test("out of memory is told as the engine saw it", async () => {
  node = await aNode();
  await node.runJob();
  node.engine.exit(refName(aRef()), 137, true);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "exit", exitCode: 137, oom: true });
});
