/** Images that the runner fetched go when no job needs them; nobody else's ever does. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, DAY_MS, GIB, type NodeUnderTest } from "../../support/node-under-test.ts";

const HOUR_MS = 3_600_000;
const APP = "registry.example.org/app:1";

let node: NodeUnderTest;

beforeEach(async () => {
  node = await aNode();
});
afterEach(() => node.end());

/** Podman lists every 30 s; ages are by the wall clock. */
async function pass(ms: number): Promise<void> {
  node.clock.setWallClock(ms);
  await node.clock.advance(30_000);
}

async function finishJob(image: string, job = "1001"): Promise<void> {
  const ref = aRef({ job });
  await node.runJob(ref, aPlan({ image }));
  node.engine.exit(refName(ref), 0);
  await node.told("exited", ref);
  node.agent.received(node.link, { type: "ack", ref, kind: "started" });
  node.agent.received(node.link, { type: "ack", ref, kind: "exited" });
  await until(() => node.engine.containers.size === 0, "the removal");
}

test("an image that was fetched goes after 30 days without a job", async () => {
  await finishJob(APP);
  await pass(29 * DAY_MS);
  expect(node.engine.removedImages).toEqual([]);
  await pass(DAY_MS);
  expect(node.engine.removedImages).toEqual([APP]);
  await pass(60 * DAY_MS);
  expect(node.engine.removedImages).toEqual([APP]);
});

test("an image that was there before stays", async () => {
  await finishJob("busybox");
  await pass(90 * DAY_MS);
  expect(node.engine.removedImages).toEqual([]);
});

test("each use counts anew, also after a restart of the runner", async () => {
  await finishJob(APP);
  await pass(20 * DAY_MS);
  await finishJob(APP, "1002");
  await node.crash();
  await node.boot();
  node.link.welcome(node.agent);
  await pass(20 * DAY_MS);
  expect(node.engine.removedImages).toEqual([]);
  await pass(10 * DAY_MS);
  expect(node.engine.removedImages).toEqual([APP]);
});

test("while a job runs its image stays, however long and however full the disk", async () => {
  await node.runJob(aRef(), aPlan({ image: APP }));
  node.freeDiskBytes = 1.5 * GIB;
  await pass(DAY_MS);
  await pass(40 * DAY_MS);
  expect(node.engine.removedImages).toEqual([]);
});

test("on a disk that gets full the one unused for longest goes first, one at a look, but none of the last hour", async () => {
  await finishJob("registry.example.org/old:1", "1");
  await pass(HOUR_MS);
  await finishJob("registry.example.org/newer:1", "2");
  await pass(HOUR_MS);
  await finishJob("registry.example.org/last:1", "3");
  node.freeDiskBytes = 1.5 * GIB;
  await pass(0);
  await pass(0);
  expect(node.engine.removedImages).toEqual(["registry.example.org/old:1", "registry.example.org/newer:1"]);
  node.freeDiskBytes = 100 * GIB;
  await pass(HOUR_MS);
  expect(node.engine.removedImages).toHaveLength(2);
});

test("what a moving name meant before goes too, by its id", async () => {
  node.engine.fetchAlways = true;
  node.engine.imageIds.set("app:latest", "a".repeat(64));
  await finishJob("app:latest");
  node.engine.imageIds.set("app:latest", "b".repeat(64));
  await pass(10 * DAY_MS);
  await finishJob("app:latest", "1002");
  await pass(20 * DAY_MS);
  expect(node.engine.removedImages).toEqual(["a".repeat(64)]);
});

test("a Podman that fails to remove it is asked again much later, and jobs go on", async () => {
  await finishJob(APP);
  const { removeImage } = node.engine;
  let asked = 0;
  node.engine.removeImage = async () => {
    asked += 1;
    throw new Error("busy");
  };
  await pass(30 * DAY_MS);
  await pass(DAY_MS);
  expect(asked).toBe(1);
  node.engine.removeImage = removeImage;
  await pass(30 * DAY_MS);
  expect(node.engine.removedImages).toEqual([APP]);
});
