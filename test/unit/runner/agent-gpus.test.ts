/** GPUs of several kinds, and those that are lost while the runner works. */
import { afterEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, GIB, type NodeUnderTest } from "../../support/node-under-test.ts";
import { ScriptedLink } from "../../support/scripted-link.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const EVERY_LISTING_MS = 30_000;
const total = { cpu: 4, memoryBytes: 8 * GIB, gpu: 2 };
const aGpuNode = (kinds: [string, string], prepare: (n: NodeUnderTest) => void = () => {}) =>
  aNode((n) => {
    n.machine = { total, gpuKind: kinds[0] === kinds[1] ? kinds[0] : null, arch: "amd64" };
    n.gpus = kinds.map((kind, index) => ({ name: `acme.com/gpu=${index}`, kind }));
    prepare(n);
  });
const onGpu = (gpuKind: string | null = null, gpu = 1) =>
  aPlan({ gpuKind, resources: { cpu: 1, memoryBytes: GIB, gpu } });
const capacity = () => node.agent.describe("example-compute").capacity;
const logged = (message: string) => node.log.filter((entry) => entry.message === message).map(({ fields }) => fields);

async function answerTo(job: string, plan = onGpu()): Promise<string[] | string> {
  node.offer(aRef({ job }), plan);
  const refused = () => node.link.frames("refuse").find(({ ref }) => ref.job === job);
  const container = () => node.container(aRef({ job }));
  await until(() => container() !== undefined || refused() !== undefined, "an answer");
  return refused()?.failure.code ?? container()?.order.gpuDevices ?? [];
}

test("a job gets a device of its kind alone", async () => {
  node = await aGpuNode(["a100", "h100"]);
  expect(await answerTo("1", onGpu("h100"))).toEqual(["acme.com/gpu=1"]);
  expect(await answerTo("2", onGpu("h100"))).toBe("no_room");
  expect(await answerTo("3", onGpu("h100", 2))).toBe("not_supported");
  expect(await answerTo("4", onGpu("t4"))).toBe("not_supported");
  expect(await answerTo("5", onGpu())).toBe("not_supported");
  expect(await answerTo("6", onGpu("a100"))).toEqual(["acme.com/gpu=0"]);
});

test("each queue is told how many of each kind there are, and how many the others use or keep", async () => {
  node = await aGpuNode(["a100", "h100"]);
  const other = new ScriptedLink("example-gpu");
  other.welcome(node.agent);
  await answerTo("1", onGpu("h100"));
  node.agent.received(node.link, { type: "hold", need: { cpu: 1, memoryBytes: GIB, gpu: 1 }, gpuKind: "a100" });

  const kinds = (elsewhere: number) => ["a100", "h100"].map((kind) => ({ kind, total: 1, elsewhere }));
  expect(capacity().gpuKinds).toEqual(kinds(0));
  expect(node.agent.describe("example-gpu").capacity.gpuKinds).toEqual(kinds(1));
});

test("of one kind nothing is told but how many there are", async () => {
  node = await aGpuNode(["t4", "t4"]);
  expect(capacity()).toMatchObject({ total: { gpu: 2 }, gpuKind: "t4" });
  expect(capacity().gpuKinds).toBeUndefined();
});

test("a device that runs a job is nobody else's after a restart of the runner", async () => {
  node = await aGpuNode(["t4", "t4"]);
  await node.runJob(aRef(), onGpu("t4"));
  await node.crash();
  await node.boot();
  node.link.welcome(node.agent);
  expect(await answerTo("2")).toEqual(["acme.com/gpu=1"]);
  expect(await answerTo("3")).toBe("no_room");
});

test("a lost device is out of the capacity, said once, shown with its reason, and back by itself", async () => {
  node = await aGpuNode(["t4", "t4"]);
  node.gpuTroubles.set("acme.com/gpu=0", "/dev/acme0 is gone");
  await node.clock.advance(2 * EVERY_LISTING_MS);

  const why = "/dev/acme0 is gone";
  expect(capacity()).toMatchObject({ total: { gpu: 1 }, lostGpus: [{ name: "acme.com/gpu=0", why }] });
  expect(logged("gpu.lost")).toEqual([{ gpu: "acme.com/gpu=0", why }]);
  expect(node.agent.status().gpus[0]).toEqual({ name: "acme.com/gpu=0", kind: "t4", job: null, trouble: why });
  expect(await answerTo("1")).toEqual(["acme.com/gpu=1"]);

  node.gpuTroubles.clear();
  await node.clock.advance(EVERY_LISTING_MS);
  expect(capacity()).toMatchObject({ total: { gpu: 2 } });
  expect(capacity().lostGpus).toBeUndefined();
  expect(logged("gpu.back")).toEqual([{ gpu: "acme.com/gpu=0" }]);
});

test("a job whose device was lost just now fails to start by the machine's fault", async () => {
  node = await aGpuNode(["t4", "t4"]);
  node.gpuTroubles.set("acme.com/gpu=0", "gone").set("acme.com/gpu=1", "gone");
  expect(await answerTo("1")).toBe("gpu_failed");
  expect(node.link.frames("refuse")[0]?.capacity.total.gpu).toBe(0);
  expect(await answerTo("2", aPlan())).toEqual([]);
});

test("a job whose device is lost goes on, and no other device stands for it", async () => {
  node = await aGpuNode(["t4", "t4"]);
  await node.runJob(aRef(), onGpu());
  node.gpuTroubles.set("acme.com/gpu=0", "gone");
  await node.clock.advance(EVERY_LISTING_MS);

  expect(node.agent.status().jobs[0]?.phase).toBe("running");
  expect(capacity().total.gpu).toBe(2);
  expect(await answerTo("2")).toEqual(["acme.com/gpu=1"]);
  node.engine.exit(refName(aRef()), 0);
  await node.told("exited");
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "exited" });
  await until(() => node.agent.status().jobs.length === 1);
  expect(capacity().total.gpu).toBe(1);
});

test("the site's own program takes a device out by its name, and gives it back", async () => {
  let said = "gpu acme.com/gpu=1 too many errors\nall disks are well";
  node = await aGpuNode(["t4", "t4"], (n) => {
    n.hooks = { health: async () => ({ ok: true, said }) };
  });
  await until(() => capacity().total.gpu === 1);
  expect(capacity().lostGpus).toEqual([{ name: "acme.com/gpu=1", why: "the site's own check: too many errors" }]);
  expect(node.agent.status().closed).toBeNull();
  said = "";
  await node.clock.advance(60_000);
  await until(() => capacity().total.gpu === 2);
});
