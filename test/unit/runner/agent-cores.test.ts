/** Jobs with whole cores are pinned to their own. */
import { afterEach, expect, test } from "vitest";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, GIB, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const FOUR = { cores: [0, 1, 2, 3], nodes: [[0, 1, 2, 3]], kept: 0 };
const aPinningNode = () => aNode((n) => Object.assign(n, { cores: FOUR }));
const ofCores = (cpu: number) => aPlan({ resources: { cpu, memoryBytes: GIB, gpu: 0 } });

async function coresOf(job: string, cpu: number) {
  node.offer(aRef({ job }), ofCores(cpu));
  await until(() => node.container(aRef({ job })) !== undefined, "a container");
  return node.container(aRef({ job }))?.order.cores;
}

test("each gets its own, and what a job leaves the next one gets", async () => {
  node = await aPinningNode();
  expect([await coresOf("1", 1), await coresOf("2", 2)]).toEqual([[0], [1, 2]]);
  node.agent.received(node.link, { type: "forget", ref: aRef({ job: "1" }) });
  await until(() => node.agent.status().jobs.length === 1);
  expect(await coresOf("3", 2)).toEqual([0, 3]);
});

test("a part of a core is nobody's own", async () => {
  node = await aPinningNode();
  expect([await coresOf("1", 0.5), await coresOf("2", 1.5), await coresOf("3", 2)]).toEqual([[], [], [0, 1]]);
});

test.each([
  ["its journal", () => {}],
  ["its containers alone", () => node.loseJournal()],
])("what runs keeps its cores through a restart of the runner, by %s", async (_, lose) => {
  node = await aPinningNode();
  await node.runJob(aRef(), ofCores(2));
  await node.crash();
  lose();
  await node.boot();
  node.link.welcome(node.agent);
  expect(await coresOf("2", 2)).toEqual([2, 3]);
});

test("a job that is suspended keeps its cores", async () => {
  node = await aPinningNode();
  await node.runJob(aRef(), ofCores(2));
  node.agent.received(node.link, { type: "suspend", ref: aRef(), n: 1 });
  await node.told("suspended");
  expect(await coresOf("2", 2)).toEqual([2, 3]);
});

test("where Podman has no control of them jobs run on all, which is said once and shown", async () => {
  node = await aNode((n) => {
    n.cores = FOUR;
    n.engine.hasCpuset = false;
  });
  await node.clock.advance(60_000);
  expect(await coresOf("1", 1)).toEqual([]);
  expect(node.agent.status().unpinned).toBe("Podman has no control of cpuset");
  expect(node.log.filter(({ message }) => message === "cores.not_pinned")).toHaveLength(1);
});
