/** Podman is upgraded under a runner that works: its jobs go on, and the new version is tried before it gets one. */
import { afterEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

const LISTING_MS = 30_000;

let node: NodeUnderTest;
afterEach(() => node.end());

const closed = () => node.agent.describe("example-compute").capacity.closed;

test("the first version that answers is nothing new, nor is the same one after an outage", async () => {
  node = await aNode();
  node.engine.goAway();
  await node.clock.advance(LISTING_MS);
  node.engine.comeBack("service-2");
  await node.clock.advance(LISTING_MS);
  expect(node.agent.status()).toMatchObject({ podmanVersion: "0", podmanChange: null, closed: null });
  expect([node.engine.trials, node.link.hellos]).toEqual([0, 0]);
});

test("another version is logged, shown and told, and its jobs go on to their ends", async () => {
  node = await aNode();
  await node.runJob();
  node.engine.goAway();
  await node.clock.advance(LISTING_MS);
  node.engine.version = "1";
  node.engine.comeBack("service-2");
  await node.clock.advance(LISTING_MS);
  expect(node.log).toContainEqual({ fields: { from: "0", to: "1" }, message: "podman.changed" });
  const podmanChange = { from: "0", to: "1", atMs: expect.any(Number) };
  expect(node.agent.status()).toMatchObject({ podmanVersion: "1", podmanChange, closed: null });
  expect([node.engine.trials, node.link.hellos]).toEqual([1, 1]);
  node.engine.exit(refName(aRef()), 3);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
});

test("a version that sets no container up gets no job until it does", async () => {
  node = await aNode();
  node.engine.trialFailure = { code: "mount_failed" };
  node.engine.version = "1";
  await node.clock.advance(LISTING_MS);
  expect(closed()).toEqual({
    code: "podman",
    text: "Podman changed from 0 to 1, which does not set a container up (mount_failed).",
  });
  node.offer();
  await until(() => node.link.frames("refuse").length === 1);
  node.engine.trialFailure = null;
  await node.clock.advance(LISTING_MS);
  expect(closed()).toBeNull();
  expect(node.engine.trials).toBe(2);
  await node.clock.advance(LISTING_MS);
  expect(node.engine.trials).toBe(2);
});

test("while it is tried no job is taken", async () => {
  node = await aNode();
  let seen: unknown = null;
  const trySetUp = node.engine.trySetUp.bind(node.engine);
  node.engine.trySetUp = async () => {
    seen = closed();
    return await trySetUp();
  };
  node.engine.version = "1";
  await node.clock.advance(LISTING_MS);
  expect(seen).toEqual({ code: "podman", text: "Podman changed from 0 to 1 and is being tried." });
});
