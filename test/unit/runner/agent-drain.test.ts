/** A node that is drained from the gateway, from its own machine, or both. */
import { afterEach, expect, test } from "vitest";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";
import { ScriptedLink } from "../../support/scripted-link.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const BY_SITE = { reason: "by the site: new disks" };
const closed = () => node.agent.status().closed;
const drain = (link: ScriptedLink) => node.agent.received(link, { type: "drain", ...BY_SITE });
const undrain = (link: ScriptedLink) => node.agent.received(link, { type: "undrain" });

test("the gateway's word closes the node with its reason, and opens it again", async () => {
  node = await aNode();
  drain(node.link);
  expect(closed()).toEqual({ code: "drain", text: "Draining: by the site: new disks" });
  await until(() => node.link.frames("capacity").at(-1)?.capacity.closed?.code === "drain");
  undrain(node.link);
  expect(closed()).toBeNull();
  await until(() => node.link.frames("capacity").at(-1)?.capacity.closed === null);
});

test("each welcome says how it stands, so that a word that was lost with its line counts", async () => {
  node = await aNode();
  node.link.drop(node.agent);
  node.link.welcome(node.agent, [], {}, BY_SITE);
  expect(closed()).toMatchObject({ code: "drain" });
  node.link.drop(node.agent);
  expect(closed()).toMatchObject({ code: "drain" });
  node.link.welcome(node.agent);
  expect(closed()).toBeNull();
});

test("it opens when no queue drains it any more", async () => {
  node = await aNode();
  const other = new ScriptedLink("example-gpu");
  other.welcome(node.agent);
  drain(node.link);
  drain(other);
  undrain(node.link);
  expect(closed()).toMatchObject({ code: "drain" });
  undrain(other);
  expect(closed()).toBeNull();
});

test("the gateway does not end the drain of the node's own operator, nor he the gateway's", async () => {
  node = await aNode();
  node.agent.drain("drained by its operator");
  drain(node.link);
  undrain(node.link);
  expect(closed()?.text).toBe("Draining: drained by its operator");
  drain(node.link);
  node.agent.drain(null);
  expect(closed()?.text).toBe("Draining: by the site: new disks");
});

const HOUR = 3_600_000;
const GRACE_MS = 30_000;
const planned = (inMs: number, untilMs: number | null = null) => ({
  ...{ reason: "planned by its operator", fromMs: node.clock.nowMs() + inMs },
  untilMs: untilMs === null ? null : node.clock.nowMs() + untilMs,
});
const answersTo = async (job: string, wallMs: number) => {
  node.offer(aRef({ job }), aPlan({ wallMs, stopGraceMs: GRACE_MS }));
  const answers = () => [...node.link.frames("accept"), ...node.link.frames("refuse")];
  await until(() => answers().some(({ ref }) => ref.job === job), "an answer");
  const { type } = answers().find(({ ref }) => ref.job === job) ?? {};
  return type;
};

test.each([
  ["the gateway", () => node.agent.received(node.link, { type: "drain", ...BY_SITE, inMs: HOUR })],
  ["its own operator", () => node.agent.planDrain(planned(HOUR))],
])("before a moment said by %s it takes what will be over, and from then on nothing", async (_, say) => {
  node = await aNode();
  say();
  expect(closed()).toBeNull();
  expect(node.agent.status().closing).toMatchObject({ fromMs: node.clock.nowMs() + HOUR });
  expect(await answersTo("1", HOUR - GRACE_MS + 1)).toBe("refuse");
  expect(await answersTo("2", HOUR - GRACE_MS)).toBe("accept");
  await node.clock.advance(HOUR);
  expect(closed()).toMatchObject({ code: "drain" });
  expect(node.agent.status().closing).toBeNull();
});

test("its operator's plan is told to the gateway once, and again by each hello", async () => {
  node = await aNode();
  node.agent.planDrain(planned(HOUR));
  await until(() => node.link.frames("capacity").at(-1)?.closesInMs === HOUR);
  const told = node.link.frames("capacity").length;
  await node.clock.advance(60_000);
  expect(node.link.frames("capacity")).toHaveLength(told);
  expect(node.agent.describe("example-compute").closesInMs).toBe(HOUR - 60_000);
});

test("its operator's plan outlives the process, and is over at its end", async () => {
  node = await aNode();
  node.agent.planDrain(planned(HOUR, 2 * HOUR));
  await node.crash();
  await node.boot();
  node.link.welcome(node.agent);
  await node.clock.advance(HOUR);
  expect(closed()?.text).toBe("Draining: planned by its operator");
  await node.clock.advance(HOUR);
  expect(closed()).toBeNull();
});

test("its operator takes a plan back", async () => {
  node = await aNode();
  node.agent.planDrain(planned(HOUR));
  node.agent.planDrain(null);
  await node.crash();
  await node.boot();
  expect(node.agent.status().closing).toBeNull();
});
