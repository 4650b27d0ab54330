/** A write that the journal refuses is no fact: nothing is accepted, granted or told on its strength. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test } from "vitest";
import { until } from "../../support/manual-clock.ts";
import { aNode, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

/** Another process makes every write fail, as a full disk would; the returned function ends it. */
function refuseWrites(): () => void {
  const db = new DatabaseSync(join(node.stateDir, "journal.sqlite"));
  db.exec("CREATE TRIGGER no_rows BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT, 'refused'); END");
  db.exec("CREATE TRIGGER no_probe BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'refused'); END");
  return () => {
    db.exec("DROP TRIGGER no_rows; DROP TRIGGER no_probe");
    db.close();
  };
}

test("an offer that cannot be journalled is refused, and the node closes until it can write again", async () => {
  node = await aNode();
  const repair = refuseWrites();
  node.offer();
  await until(() => node.link.frames("refuse").length === 1);
  expect(node.link.frames("refuse")[0]).toMatchObject({
    failure: { code: "disk_full" },
    capacity: { closed: { code: "journal" } },
  });
  await node.clock.advance(31_000);
  repair();
  await node.clock.advance(31_000);
  expect(node.link.frames("capacity").at(-1)?.capacity.closed).toBe(null);
});

test("go that cannot be journalled starts nothing until it can", async () => {
  node = await aNode();
  node.offer();
  await until(() => node.container() !== undefined);
  const repair = refuseWrites();
  node.go();
  await node.clock.advance(20_000);
  expect(node.engine.startCalls).toEqual([]);
  repair();
  await node.clock.advance(20_000);
  await node.told("started", aRef());
  expect(node.engine.startCalls).toHaveLength(1);
});

test("a start that cannot be journalled is found again when the journal takes it", async () => {
  let repair = () => {};
  node = await aNode((n) => {
    n.engine.afterStart = () => {
      repair = refuseWrites();
    };
  });
  node.offer();
  await until(() => node.container() !== undefined);
  node.go();
  await node.clock.advance(60_000);
  expect(node.link.fact(aRef(), "started")).toBeUndefined();
  repair();
  await node.clock.advance(20_000);
  await node.told("started");
  expect(node.engine.startCalls).toHaveLength(1);
});
