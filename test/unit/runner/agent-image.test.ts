/** A job's image on its way: it may take two hours, and then the job goes to another machine. */
import { afterEach, expect, test } from "vitest";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

const HOUR_MS = 3_600_000;
const PLAN = aPlan({ image: "reg.org/acme/app:1" });

let node: NodeUnderTest;
afterEach(() => node.end());

async function pulling(): Promise<() => void> {
  node = await aNode();
  const open = node.engine.holdPulls();
  node.offer(aRef(), PLAN);
  await until(() => node.engine.pulls === 1, "a pull");
  return open;
}

test("a download that is not over after two hours is given up, and the node is to blame", async () => {
  await pulling();
  expect(node.link.frames("accept")).toMatchObject([{ ready: false }]);
  await node.clock.advance(2 * HOUR_MS - 1_000);
  expect(node.link.facts(aRef())).toEqual([]);
  expect(node.engine.pulls).toBe(1);
  await node.clock.advance(1_000);
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")).toEqual({ kind: "not-started", failure: { code: "pull_failed" } });
  expect(node.engine.pulls).toBe(0);
  expect(node.link.frames("ready")).toEqual([]);
});

test("a download that takes just less than two hours is a download", async () => {
  const open = await pulling();
  await node.clock.advance(2 * HOUR_MS - 1_000);
  open();
  await until(() => node.link.frames("ready").length === 1, "readiness");
  await node.clock.advance(2 * HOUR_MS);
  expect(node.link.facts(aRef())).toEqual([]);
});
