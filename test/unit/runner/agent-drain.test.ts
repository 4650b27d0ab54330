/** A node that is drained from the gateway, from its own machine, or both. */
import { afterEach, expect, test } from "vitest";
import { until } from "../../support/manual-clock.ts";
import { aNode, type NodeUnderTest } from "../../support/node-under-test.ts";
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
