/** The first cause that the node journalled names the end; stopping is TERM, grace, KILL. */
import { afterEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, DAY_MS, type NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

const cancel = () => node.agent.received(node.link, { type: "cancel", ref: aRef() });

test("a cancelled job that exits with 0 within its grace was cancelled", async () => {
  node = await aNode((n) => {
    n.engine.exitCodeOnTerm = 0;
  });
  await node.runJob();
  cancel();
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "cancelled", exitCode: 0 });
  expect(node.engine.signals).toEqual(["TERM"]);
});

test("a program that ignores TERM is killed after its grace", async () => {
  node = await aNode((n) => {
    n.engine.ignoresTerm = true;
  });
  await node.runJob(aRef(), aPlan({ stopGraceMs: 10_000 }));
  cancel();
  await node.clock.advance(9_000);
  expect(node.engine.signals).toEqual(["TERM"]);
  await node.clock.advance(2_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "cancelled", exitCode: 137 });
});

test("cancel after the exit was seen changes nothing", async () => {
  node = await aNode();
  await node.runJob();
  node.engine.exit(refName(aRef()), 0);
  await node.told("exited");
  cancel();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "exit", exitCode: 0 });
});

test("cancel during the pull ends the pull and leaves no container", async () => {
  node = await aNode();
  node.engine.holdPulls();
  node.offer(aRef(), aPlan({ image: "large" }));
  await until(() => node.link.frames("accept").length === 1);
  cancel();
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "cancelled", ranMs: null, exitCode: null });
  node.agent.received(node.link, { type: "forget", ref: aRef() });
  await node.agent.idle();
  expect(node.engine.containers.size).toBe(0);
});

test("cancel before go removes the container, and a late go starts nothing", async () => {
  node = await aNode();
  node.offer();
  await until(() => node.container() !== undefined);
  cancel();
  await node.told("exited");
  node.go();
  await until(() => node.container() === undefined);
  await node.clock.advance(60_000);
  expect(node.engine.startCalls).toEqual([]);
});

test("the wall time counts from the start and ends the job while the gateway is away", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ wallMs: 60_000 }));
  node.link.drop(node.agent);
  await node.clock.advance(59_000);
  expect(node.engine.signals).toEqual([]);
  await node.clock.advance(2_000);
  await until(() => node.agent.status().jobs[0]?.phase === "ended");
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "expired", exitCode: 143 });
});

test("a job that is cancelled during the grace after its time was up has expired", async () => {
  node = await aNode((n) => {
    n.engine.ignoresTerm = true;
  });
  await node.runJob(aRef(), aPlan({ wallMs: 60_000, stopGraceMs: 10_000 }));
  await node.clock.advance(61_000);
  cancel();
  await node.clock.advance(12_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "expired" });
});

test.each([-DAY_MS, DAY_MS])(
  "a wall clock that jumps by %i changes neither the end nor the time used",
  async (byMs) => {
    node = await aNode();
    await node.runJob(aRef(), aPlan({ wallMs: 60_000 }));
    node.clock.setWallClock(byMs);
    await node.clock.advance(50_000);
    expect(node.engine.signals).toEqual([]);
    await node.clock.advance(11_000);
    await node.told("exited");
    expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "expired", ranMs: 60_000 });
  },
);

test("a longer wall time in a verdict holds", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ wallMs: 60_000 }));
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep", wallMs: 120_000 }]);
  await node.clock.advance(100_000);
  expect(node.engine.signals).toEqual([]);
  await node.clock.advance(21_000);
  await node.told("exited");
});

test("a job found past its time after the process was down is stopped and told as expired", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ wallMs: 60_000 }));
  await node.crash();
  await node.clock.advance(600_000);
  await node.boot();
  await until(() => node.engine.signals.length === 1);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep" }]);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "expired" });
});

test("silence stops the job a margin before maxSilence, counted from the sending of the last answered ping", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ maxSilenceMs: 100_000 }));
  await node.clock.advance(50_000);
  const sentAtMs = node.clock.uptimeMs();
  await node.clock.advance(5_000);
  node.agent.heard("example-compute", sentAtMs);
  // A quarter of 100 s is less than 30 s: it ends 75 s after the sending.
  await node.clock.advance(69_000);
  expect(node.engine.signals).toEqual([]);
  await node.clock.advance(2_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "silence" });
});

test("a process that was down too long stops the silent job without waiting for the gateway", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ maxSilenceMs: 100_000 }));
  node.agent.heard("example-compute", node.clock.uptimeMs());
  await node.crash();
  await node.clock.advance(76_000);
  await node.boot();
  await until(() => node.engine.signals.length === 1);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep" }]);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "silence" });
});

test("a go that comes when the silence is over starts nothing", async () => {
  node = await aNode();
  node.offer(aRef(), aPlan({ maxSilenceMs: 100_000 }));
  await until(() => node.link.frames("accept").length > 0, "an acceptance");
  await node.clock.advance(76_000);
  node.go();
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "silence", exitCode: null });
  expect(node.link.fact(aRef(), "started")).toBeUndefined();
});

test("without maxSilence a silent node keeps its job", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ wallMs: 10 * 86_400_000 }));
  node.link.drop(node.agent);
  await node.clock.advance(3_600_000);
  expect(node.engine.signals).toEqual([]);
});
