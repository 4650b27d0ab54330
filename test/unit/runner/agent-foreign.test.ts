/** A state folder is lost with jobs running: what the next one of the same runner makes of their containers. */
import { afterEach, expect, test } from "vitest";
import { stateFolderId } from "../../../runner/ownership.ts";
import { refName } from "../../../shared/ids.ts";
import { aNode, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const inventory = () => node.agent.describe("example-compute").inventory;

/** Id of the folder that is lost. */
async function loseWithJob(): Promise<string> {
  node = await aNode();
  await node.runJob();
  const lost = stateFolderId(node.stateDir);
  await node.crash();
  node.loseState();
  node.link.sent.length = 0;
  return lost;
}

const nobody = async () => new Set<string>();

test("without being asked it is foreign and left alone", async () => {
  await loseWithJob();
  await node.boot();
  expect(inventory()).toEqual([]);
  expect(node.agent.status().foreign).toEqual([refName(aRef())]);
  expect(node.container()?.alive).toBe(true);
});

test("on demand a running one is taken up, and its end is told", async () => {
  const lost = await loseWithJob();
  node.adoptForeign = nobody;
  await node.boot();
  expect(node.log).toContainEqual({ fields: { stateFolders: [lost] }, message: "foreign.adopted" });
  expect(inventory()).toEqual([{ ref: aRef(), phase: "running" }]);
  expect(node.agent.status().foreign).toEqual([]);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep" }]);
  node.engine.exit(refName(aRef()), 3);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
  expect(node.engine.startCalls).toHaveLength(1);
});

test("one that ended meanwhile is told with its code", async () => {
  await loseWithJob();
  node.engine.exit(refName(aRef()), 7);
  node.adoptForeign = nobody;
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "exit", exitCode: 7 });
});

test("one of another boot is told as lost", async () => {
  await loseWithJob();
  node.engine.reboot();
  node.clock.reboot();
  node.bootId = "boot-2";
  node.adoptForeign = nobody;
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "lost", reason: "machine_restarted" });
  expect(node.engine.startCalls).toHaveLength(1);
});

test("one that the gateway has given up is stopped and removed by its word", async () => {
  await loseWithJob();
  node.adoptForeign = nobody;
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "forget" }]);
  await node.agent.idle();
  expect(node.container()).toBeUndefined();
  expect(node.link.facts(aRef())).toEqual([]);
});

test("what was taken up stays its own at the next start, which is not asked again", async () => {
  await loseWithJob();
  node.adoptForeign = nobody;
  await node.boot();
  await node.crash();
  node.adoptForeign = null;
  await node.boot();
  expect(inventory()).toEqual([{ ref: aRef(), phase: "running" }]);
  expect(node.agent.status().foreign).toEqual([]);
});

test("a folder in which another runner works is never taken over", async () => {
  const lost = await loseWithJob();
  node.adoptForeign = async () => new Set([lost]);
  await node.boot();
  expect(inventory()).toEqual([]);
  expect(node.agent.status().foreign).toEqual([refName(aRef())]);
  expect(node.log).toContainEqual({ fields: { stateFolders: [lost] }, message: "foreign.not_adopted" });
});
