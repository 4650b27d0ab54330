/** Which offers a node takes, and what it tells the queues of its room. */
import { afterEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { quiet, until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, GIB, type NodeUnderTest } from "../../support/node-under-test.ts";
import { ScriptedLink } from "../../support/scripted-link.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const sized = (cpu: number) => aPlan({ resources: { cpu, memoryBytes: GIB, gpu: 0 } });

async function refusal(ref = aRef(), plan = aPlan()) {
  const before = node.link.frames("refuse").length;
  node.offer(ref, plan);
  await until(() => node.link.frames("refuse").length > before, "a refusal");
  return node.link.frames("refuse").at(-1);
}

test("what does not fit now is refused as busy, and a freed slot is reported", async () => {
  node = await aNode();
  await node.runJob(aRef(), sized(3));
  const refused = await refusal(aRef({ job: "2" }), sized(2));
  expect(refused?.failure).toEqual({ code: "no_room" });
  expect(node.link.frames("capacity")).toEqual([]);
  node.engine.exit(refName(aRef()), 0);
  await until(() => node.link.frames("capacity").length === 1);
  node.offer(aRef({ job: "2" }), sized(2));
  await until(() => node.link.frames("accept").length === 2);
});

test("two offers at the same moment cannot take the same room", async () => {
  node = await aNode();
  node.offer(aRef({ job: "1" }), sized(3));
  node.offer(aRef({ job: "2" }), sized(3));
  await until(() => node.link.frames("accept").length + node.link.frames("refuse").length === 2);
  expect(node.link.frames("accept")).toHaveLength(1);
});

test.each([
  ["a GPU of another kind", aPlan({ gpuKind: "a100" })],
  ["more than the whole machine", sized(64)],
])("%s is refused for good", async (_, plan) => {
  node = await aNode();
  expect((await refusal(aRef(), plan))?.failure.code).toBe("not_supported");
});

test("one GPU serves one job at a time", async () => {
  node = await aNode((n) => {
    n.machine = { total: { cpu: 4, memoryBytes: 8 * GIB, gpu: 2 }, gpuKind: "t4", arch: "amd64" };
    n.gpus = ["nvidia.com/gpu=0", "nvidia.com/gpu=1"].map((name) => ({ name, kind: "t4" }));
  });
  const plan = aPlan({ gpuKind: "t4", resources: { cpu: 1, memoryBytes: GIB, gpu: 1 } });
  await node.runJob(aRef(), plan);
  node.offer(aRef({ job: "2" }), plan);
  await until(() => node.container(aRef({ job: "2" })) !== undefined);
  expect(node.container()?.order.gpuDevices).toEqual(["nvidia.com/gpu=0"]);
  expect(node.container(aRef({ job: "2" }))?.order.gpuDevices).toEqual(["nvidia.com/gpu=1"]);
  expect((await refusal(aRef({ job: "3" }), plan))?.failure.code).toBe("no_room");
});

test("an offer that comes twice is taken once", async () => {
  node = await aNode();
  node.offer();
  node.offer();
  await until(() => node.link.frames("accept").length === 2);
  expect(node.agent.status().jobs).toHaveLength(1);
});

test("a newer attempt replaces one that was never granted", async () => {
  node = await aNode();
  node.offer(aRef({ attempt: 1 }));
  await until(() => node.container(aRef({ attempt: 1 })) !== undefined);
  node.offer(aRef({ attempt: 2 }));
  await until(() => node.container(aRef({ attempt: 2 })) !== undefined);
  await until(() => node.container(aRef({ attempt: 1 })) === undefined);
});

test("a newer incarnation waits for a granted older one", async () => {
  node = await aNode();
  await node.runJob();
  const newer = aRef({ incarnation: "ffffffffffffffff" });
  expect((await refusal(newer))?.failure).toEqual({ code: "no_room" });
});

test("a missing program is refused before the acceptance, a cached image knows", async () => {
  node = await aNode((n) => {
    n.engine.pullFailure = { code: "program_not_found" };
  });
  expect((await refusal())?.failure).toEqual({ code: "program_not_found" });
  expect(node.agent.status().jobs).toEqual([]);
});

test("an image that turns out to be missing after the acceptance is told as not started", async () => {
  node = await aNode((n) => {
    n.engine.pullFailure = { code: "image_not_found" };
  });
  node.offer(aRef(), aPlan({ image: "unknown" }));
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure).toEqual({ code: "image_not_found" });
});

const places = [
  ["here", "busybox"],
  ["pulled", "elsewhere"],
] as const;

test.each(places)("root in an image that is %s is given only where the site allows it", async (_, image) => {
  node = await aNode();
  node.offer(aRef(), aPlan({ asRoot: true, image }));
  await until(() => node.container() !== undefined);
  expect(node.container()?.order).toMatchObject({ user: { uid: 11042, gid: 11042 }, plan: { asRoot: false } });
});

test("a draining node takes nothing, says so, and is idle when its jobs are settled", async () => {
  node = await aNode();
  await node.runJob();
  node.agent.drain("maintenance");
  await until(() => node.link.frames("capacity").length === 1);
  expect(node.link.frames("capacity")[0]?.capacity.closed).toMatchObject({ code: "drain" });
  expect((await refusal(aRef({ job: "2" })))?.failure).toEqual({ code: "closed" });
  let idle = false;
  const waiting = node.agent.idle().then(() => {
    idle = true;
  });
  node.engine.exit(refName(aRef()), 0);
  await node.told("exited");
  await quiet();
  expect(idle).toBe(false);
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "exited" });
  await waiting;
  node.agent.drain(null);
  await until(() => node.link.frames("capacity").at(-1)?.capacity.closed === null);
});

test("a node with a full disk closes until there is room again", async () => {
  node = await aNode((n) => {
    n.freeDiskBytes = GIB / 2;
  });
  expect((await refusal())?.failure).toEqual({ code: "closed" });
  expect(node.link.frames("refuse")[0]?.capacity.closed?.code).toBe("disk");
  node.freeDiskBytes = 50 * GIB;
  await node.clock.advance(31_000);
  expect(node.link.frames("capacity").at(-1)?.capacity.closed).toBe(null);
});

test("what one category uses is told to the other", async () => {
  node = await aNode();
  const other = new ScriptedLink("example-gpu");
  other.welcome(node.agent);
  await node.runJob(aRef(), sized(3));
  expect(other.frames("capacity").at(-1)?.usedElsewhere.cpu).toBe(3);
  expect(node.agent.describe("example-compute").usedElsewhere.cpu).toBe(0);
});

test("room that one queue asks for is shown as used to the other, refused to it, and given to the one", async () => {
  node = await aNode();
  const other = new ScriptedLink("example-gpu");
  other.welcome(node.agent);
  const small = aPlan({ ...sized(1), product: { name: "x", category: "example-gpu" } });
  node.offer(aRef({ job: "small" }), small, other);
  await until(() => other.frames("accept").length === 1);

  node.agent.received(node.link, { type: "hold", need: sized(4).resources });
  await quiet();
  expect(other.frames("capacity").at(-1)).toMatchObject({ usedElsewhere: { cpu: 4 }, heldElsewhere: true });
  expect(node.agent.describe("example-compute")).not.toHaveProperty("heldElsewhere");
  node.offer(aRef({ job: "more" }), small, other);
  await until(() => other.frames("refuse").length === 1);
  expect(other.frames("refuse")[0]).toMatchObject({ failure: { code: "no_room" }, heldElsewhere: true });

  node.agent.received(other, { type: "forget", ref: aRef({ job: "small" }) });
  await until(() => node.agent.status().jobs.length === 0);
  node.offer(aRef({ job: "large" }), sized(4));
  await until(() => node.link.frames("accept").length === 1);
  expect(other.frames("capacity").at(-1)).toMatchObject({ usedElsewhere: { cpu: 4 } });
  expect(other.frames("capacity").at(-1)).not.toHaveProperty("heldElsewhere");
});

test("room is kept for one queue at a time, and no longer than its line lasts", async () => {
  node = await aNode();
  const other = new ScriptedLink("example-gpu");
  other.welcome(node.agent);
  const need = sized(4).resources;
  node.agent.received(node.link, { type: "hold", need });
  node.agent.received(other, { type: "hold", need });
  await quiet();
  expect(other.frames("capacity").at(-1)).toMatchObject({ usedElsewhere: { cpu: 4 }, heldElsewhere: true });
  expect(node.link.frames("capacity")).toEqual([]);

  node.link.drop(node.agent);
  await quiet();
  expect(other.frames("capacity").at(-1)).toMatchObject({ usedElsewhere: { cpu: 0 } });
  expect(node.agent.describe("example-compute")).toMatchObject({ usedElsewhere: { cpu: 4 }, heldElsewhere: true });
  node.agent.received(other, { type: "hold", need: null });
  expect(node.agent.describe("example-compute")).toMatchObject({ usedElsewhere: { cpu: 0 } });
});

test("a node whose Podman cannot hold jobs to their limits takes none, and says why", async () => {
  node = await aNode((n) => {
    n.engine.missingControllers = ["memory"];
  });
  node.offer();
  await until(() => node.link.frames("refuse").length === 1);
  const [refusal] = node.link.frames("refuse");
  expect(refusal?.capacity.closed).toMatchObject({ code: "limits", text: expect.stringContaining("memory") });
});
