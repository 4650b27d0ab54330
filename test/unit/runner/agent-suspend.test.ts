/** Pauses on the node: carried out once, told, journalled, and not a second of the running time is lost or given. */
import { afterEach, describe, expect, test } from "vitest";
import { quiet, until } from "../../support/manual-clock.ts";
import { aRef } from "../../support/node-under-test.ts";
import {
  aRunningJob,
  aSuspendedJob,
  ended,
  keep,
  NAME,
  node,
  order,
  PLAN,
  status,
  words,
} from "../../support/runner/suspended-node.ts";

afterEach(() => node.end());

test("a suspended job stands still, its clock with it, and it expires when it has really run for its time", async () => {
  await aSuspendedJob();
  expect([status(), words()]).toEqual(["paused", ["suspended 1"]]);
  await node.clock.advance(500_000);
  expect(ended()).toBeUndefined();
  order("resume", 2);
  await node.told("resumed");
  expect(status()).toBe("running");
  await node.clock.advance(39_999);
  expect(ended()).toBeUndefined();
  await node.clock.advance(1);
  await node.told("exited");
  expect(ended()).toMatchObject({ cause: "expired", ranMs: 60_000 });
});

test("several pauses are left out one by one", async () => {
  await aRunningJob();
  for (const n of [1, 3]) {
    await node.clock.advance(10_000);
    order("suspend", n);
    await until(() => status() === "paused");
    await node.clock.advance(100_000);
    order("resume", n + 1);
    await until(() => status() === "running");
  }
  await node.clock.advance(5_000);
  node.engine.exit(NAME, 0);
  await node.told("exited");
  expect(ended()).toMatchObject({ cause: "exit", ranMs: 25_000 });
  expect(words()).toEqual(["suspended 1", "resumed 2", "suspended 3", "resumed 4"]);
});

test("an order that is not newer says nothing", async () => {
  await aSuspendedJob();
  order("suspend", 1);
  order("resume", 1);
  await quiet();
  keep({ n: 1, wanted: false });
  await quiet();
  expect([status(), node.engine.freezeCalls]).toEqual(["paused", ["pause"]]);
});

test("an order for what is so already is answered without a call", async () => {
  await aRunningJob();
  order("resume", 5);
  await node.told("resumed");
  expect([words(), node.engine.freezeCalls]).toEqual([["resumed 5"], []]);
});

test("orders that cross are carried out to the newest", async () => {
  await aRunningJob();
  node.engine.afterFreeze = () => {
    node.engine.afterFreeze = () => {};
    order("resume", 2);
  };
  order("suspend", 1);
  await until(() => words().includes("resumed 2"));
  expect(status()).toBe("running");
  expect(words()).toEqual(["suspended 1", "resumed 2"]);
});

test("an order that was lost is carried out when welcome repeats it", async () => {
  await aRunningJob();
  node.link.drop(node.agent);
  keep({ n: 1, wanted: true });
  await node.told("suspended");
  expect(status()).toBe("paused");
});

test("facts are repeated in their order until each is acknowledged", async () => {
  await aSuspendedJob();
  order("resume", 2);
  await node.told("resumed");
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "suspended", n: 2 });
  node.link.sent.length = 0;
  keep();
  expect(words()).toEqual(["suspended 1", "resumed 2"]);
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "suspended", n: 1 });
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "resumed", n: 2 });
  node.link.sent.length = 0;
  keep();
  expect(words()).toEqual([]);
});

test("a gateway that has lost what it knew is told the present state", async () => {
  await aSuspendedJob();
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "suspended", n: 1 });
  node.link.sent.length = 0;
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  expect(words()).toContain("suspended 1");
});

test("a pause ends by itself after its time, and the gateway hears why", async () => {
  await aSuspendedJob();
  await node.clock.advance(604_999);
  expect(status()).toBe("paused");
  await node.clock.advance(1);
  await node.told("resumed");
  expect(node.link.fact(aRef(), "resumed")).toEqual({ kind: "resumed", n: 1, agoMs: 0, byLimit: true });
  expect(status()).toBe("running");
  await node.clock.advance(40_000);
  await node.told("exited");
  expect(ended()).toMatchObject({ cause: "expired", ranMs: 60_000 });
});

describe("stopping a suspended job", () => {
  test("a cancelled one gets TERM, goes on, and is killed after its grace", async () => {
    await aSuspendedJob(PLAN, (n) => {
      n.engine.ignoresTerm = true;
    });
    node.agent.received(node.link, { type: "cancel", ref: aRef() });
    await until(() => node.engine.signals.includes("TERM"));
    expect(status()).toBe("running");
    await node.clock.advance(29_999);
    expect(node.engine.signals).toEqual(["TERM"]);
    await node.clock.advance(1);
    await node.told("exited");
    expect(node.engine.signals).toEqual(["TERM", "KILL"]);
    expect(ended()).toMatchObject({ cause: "cancelled", ranMs: 50_000 });
    expect(words()).toEqual(["suspended 1"]);
  });

  test("silence stops it as it stops any other", async () => {
    await aSuspendedJob({ ...PLAN, maxSilenceMs: 200_000 });
    node.link.drop(node.agent);
    await node.clock.advance(200_000);
    expect(node.engine.signals[0]).toBe("TERM");
  });

  test("a forgotten one goes without a word", async () => {
    await aSuspendedJob();
    node.agent.received(node.link, { type: "forget", ref: aRef() });
    await node.agent.idle();
    expect(node.engine.containers.size).toBe(0);
  });

  test("no order wakes or pauses a job that is being stopped", async () => {
    await aRunningJob();
    node.engine.ignoresTerm = true;
    node.agent.received(node.link, { type: "cancel", ref: aRef() });
    order("suspend", 1);
    await node.clock.advance(10_000);
    expect(node.engine.freezeCalls).toEqual([]);
  });
});

test("a program that somebody paused is seen at the next listing", async () => {
  await aRunningJob();
  await node.engine.pause(NAME);
  await node.clock.advance(120_000);
  expect(node.engine.freezeCalls).toEqual(["pause", "unpause"]);
});
