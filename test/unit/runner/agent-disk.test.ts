/** What jobs write: a bound of their own ends one, a full machine ends the one that wrote most, and the figures are told. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { DISK_QUOTA_MS } from "../../../runner/disk-quota.ts";
import { folderName, refName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, GIB, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const small = { resources: { cpu: 1, memoryBytes: GIB, gpu: 0 } };
const writes = (bytes: Record<string, number>) => (folder: string) => {
  const name = Object.keys(bytes).find((job) => folder.includes(folderName(aRef({ job }))));
  return name === undefined ? 0 : (bytes[name] ?? 0);
};
const exited = (job = "1001") => node.link.fact(aRef({ job }), "exited");

/** The next look at the disk, and what follows from it at once. */
async function look(): Promise<void> {
  await node.clock.advance(DISK_QUOTA_MS);
}

test("a job that has written more than it may is stopped, and the figures are told", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ diskBytes: 10 * GIB }));
  node.folderBytes = () => 9 * GIB;
  await look();
  expect(node.engine.signals).toEqual([]);
  node.engine.layers.set(refName(aRef()), 3 * GIB);
  await look();
  await node.told("exited");
  expect(exited()).toMatchObject({ exitCode: 143, disk: { usedBytes: 12 * GIB, limitBytes: 10 * GIB } });
  expect(node.engine.signals).toEqual(["TERM"]);
});

test("an older gateway hears of a failure in any case, whatever exit code the program chose", async () => {
  node = await aNode((n) => {
    n.engine.exitCodeOnTerm = 0;
  });
  await node.runJob(aRef(), aPlan({ diskBytes: GIB }));
  node.folderBytes = () => 2 * GIB;
  await look();
  await node.told("exited");
  expect(exited()).toMatchObject({ cause: "exit", reason: null, exitCode: null, oom: false });
});

test("a job without a bound on a machine with room is not even counted", async () => {
  node = await aNode();
  let counted = 0;
  node.folderBytes = () => ++counted;
  await node.runJob();
  await look();
  expect(counted).toBe(0);
});

test("what cannot be counted stops nobody", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ diskBytes: 1 }));
  node.folderBytes = () => null;
  await look();
  expect(node.engine.signals).toEqual([]);
  expect(node.log.map(({ message }) => message)).toContain("disk_quota.not_counted");
});

test("below half of the free space that must be, the biggest writer goes first, and another only if it shrinks on", async () => {
  node = await aNode();
  for (const job of ["1", "2", "3"]) {
    const ref = aRef({ job });
    node.offer(ref, aPlan(small));
    await until(() => node.link.frames("accept").some((frame) => frame.ref.job === job), "an acceptance");
    node.go(ref);
    await until(() => node.link.fact(ref, "started") !== undefined, "the start");
  }
  node.folderBytes = writes({ 1: GIB, 2: 3 * GIB, 3: 2 * GIB });
  node.freeDiskBytes = 0.6 * GIB;
  await look();
  await look();
  expect(node.engine.signals).toEqual([]);

  node.freeDiskBytes = 0.4 * GIB;
  await look();
  await look();
  await until(() => exited("2") !== undefined, "the end");
  expect(exited("2")).toMatchObject({ disk: { usedBytes: 3 * GIB, limitBytes: null } });
  await look();
  await look();
  expect([exited("1"), exited("3")]).toEqual([undefined, undefined]);

  node.freeDiskBytes = 0.3 * GIB;
  await look();
  await look();
  await until(() => exited("3") !== undefined, "the end");
  expect(exited("1")).toBeUndefined();
});

test("who has written nothing is not stopped for what others wrote", async () => {
  node = await aNode();
  await node.runJob();
  node.freeDiskBytes = 0;
  await look();
  await look();
  expect(node.engine.signals).toEqual([]);
});

test("the first cause stays: a job that was being cancelled is not told as too large", async () => {
  node = await aNode((n) => {
    n.engine.ignoresTerm = true;
  });
  await node.runJob(aRef(), aPlan({ diskBytes: 1, stopGraceMs: 3 * DISK_QUOTA_MS }));
  node.agent.received(node.link, { type: "cancel", ref: aRef() });
  node.folderBytes = () => GIB;
  await look();
  await node.clock.advance(4 * DISK_QUOTA_MS);
  await node.told("exited");
  expect(exited()).toMatchObject({ cause: "cancelled" });
  expect(exited()?.disk).toBeUndefined();
});

test.each([
  ["with its journal", false],
  ["without its journal", true],
])("a runner that was restarted %s keeps the bound", async (_, isLost) => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ diskBytes: GIB }));
  await node.crash();
  if (isLost) {
    for (const name of readdirSync(node.stateDir).filter((file) => file.startsWith("journal."))) {
      rmSync(join(node.stateDir, name));
    }
  }
  node.folderBytes = () => 2 * GIB;
  await node.boot();
  node.link.welcome(node.agent);
  await look();
  await node.told("exited");
  expect(exited()).toMatchObject({ disk: { usedBytes: 2 * GIB, limitBytes: GIB } });
});
