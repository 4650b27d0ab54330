/** What a node makes of what it finds when it starts: with its journal, without it, and after a reboot. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { refName } from "../../../shared/ids.ts";
import { quiet, until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, DAY_MS, NodeUnderTest } from "../../support/node-under-test.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

function loseJournal(): void {
  for (const name of readdirSync(node.stateDir).filter((file) => file.startsWith("journal."))) {
    rmSync(join(node.stateDir, name));
  }
}

async function restart(options: { reboot?: boolean; lose?: boolean; shownAs?: "created" | "exited" } = {}) {
  await node.crash();
  if (options.lose) {
    loseJournal();
  }
  if (options.reboot) {
    node.engine.reboot(options.shownAs);
    node.clock.reboot();
    node.bootId = "boot-2";
  }
  node.link.sent.length = 0;
  await node.boot();
}

test("a running job is adopted and its exit is told with its code", async () => {
  node = await aNode();
  await node.runJob();
  await restart();
  expect(node.agent.describe("example-compute").inventory).toEqual([{ ref: aRef(), phase: "running" }]);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep" }]);
  node.engine.exit(refName(aRef()), 3);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "exit", exitCode: 3 });
  expect(node.engine.startCalls).toHaveLength(1);
});

test("an exit that happened while the process was down is told, even past the wall time", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ wallMs: 60_000 }));
  await node.clock.advance(30_000);
  await node.crash();
  node.engine.exit(refName(aRef()), 3);
  await node.clock.advance(600_000);
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  await node.told("exited");
  const exited = { cause: "exit", exitCode: 3, ranMs: 30_000, agoMs: 600_000 };
  expect(node.link.fact(aRef(), "exited")).toMatchObject(exited);
});

test("a running job whose journal is lost is adopted from its labels in the same boot", async () => {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ wallMs: 60_000 }));
  await restart({ lose: true });
  expect(node.agent.status().journalLost).toBe(true);
  expect(node.agent.describe("example-compute").inventory).toEqual([{ ref: aRef(), phase: "running" }]);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep" }]);
  await node.clock.advance(61_000);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "expired" });
  expect(node.engine.startCalls).toHaveLength(1);
});

test("a container adopted without a journal is started on go only after an older start cannot come any more", async () => {
  node = await aNode();
  node.offer();
  await until(() => node.container() !== undefined);
  await restart({ lose: true });
  expect(node.agent.describe("example-compute").inventory).toEqual([{ ref: aRef(), phase: "ready" }]);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.clock.advance(15_000);
  expect(node.engine.startCalls).toEqual([]);
  await node.clock.advance(10_000);
  await node.told("started");
  expect(node.engine.startCalls).toHaveLength(1);
});

test.each(["created", "exited"] as const)(
  "a job that ran before a reboot is lost although Podman shows it as %s",
  async (shownAs) => {
    node = await aNode();
    await node.runJob();
    await restart({ reboot: true, shownAs });
    expect(node.agent.describe("example-compute").inventory).toEqual([{ ref: aRef(), phase: "ended" }]);
    node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
    await node.told("exited");
    expect(node.link.fact(aRef(), "exited")).toMatchObject({
      cause: "lost",
      reason: "machine_restarted",
      exitCode: null,
    });
    await node.clock.advance(60_000);
    expect(node.engine.startCalls).toHaveLength(1);
  },
);

test("after a reboot a container whose journal is lost counts as having run, started or not", async () => {
  node = await aNode();
  node.offer();
  await until(() => node.container() !== undefined);
  await restart({ lose: true, reboot: true });
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "lost", reason: "machine_restarted", ranMs: null });
  expect(node.engine.startCalls).toEqual([]);
});

test("an attempt that was never granted before a reboot is told as not started", async () => {
  node = await aNode();
  node.offer();
  await until(() => node.container() !== undefined);
  await restart({ reboot: true });
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  await node.told("not-started");
  expect(node.link.fact(aRef(), "not-started")?.failure).toEqual({ code: "restarted" });
});

test("a job that was granted but not started before a reboot is lost, not started again", async () => {
  node = await aNode((n) => n.engine.startFaults.push("unanswered-and-not-started"));
  node.offer();
  node.go();
  await until(() => node.engine.startCalls.length === 1);
  await restart({ reboot: true });
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "go" }]);
  await node.told("exited");
  expect(node.link.fact(aRef(), "exited")).toMatchObject({ cause: "lost", reason: "machine_restarted" });
  expect(node.engine.startCalls).toHaveLength(1);
});

test("a damaged journal is set aside and counts as lost", async () => {
  node = await aNode();
  await node.runJob();
  await node.crash();
  writeFileSync(join(node.stateDir, "journal.sqlite"), "this is no database, however long it may be");
  rmSync(join(node.stateDir, "journal.sqlite-wal"), { force: true });
  await node.boot();
  expect(node.agent.status()).toMatchObject({ journalLost: true, jobs: [{ phase: "running" }] });
  expect(readdirSync(node.stateDir).some((name) => name.startsWith("journal-lost-"))).toBe(true);
});

test("an attempt that was still being prepared is prepared again", async () => {
  node = await aNode();
  node.engine.holdPulls();
  node.offer(aRef(), aPlan({ image: "large" }));
  await until(() => node.link.frames("accept").length === 1);
  await node.crash();
  node.engine.images.add("large");
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "keep" }]);
  await until(() => node.link.frames("ready").length > 0);
});

test("a settled container whose removal was not seen is removed, not adopted", async () => {
  node = await aNode();
  await node.runJob();
  const left = node.container();
  node.agent.received(node.link, { type: "forget", ref: aRef() });
  await node.agent.idle();
  await node.crash();
  if (left !== undefined) {
    node.engine.containers.set(refName(aRef()), left);
  }
  await node.boot();
  await until(() => node.engine.containers.size === 0);
  expect(node.agent.status().jobs).toEqual([]);
});

test("containers of another state folder are counted as used and left alone", async () => {
  const other = await aNode();
  await other.runJob();
  const theirs = other.container();
  node = new NodeUnderTest();
  if (theirs !== undefined) {
    node.engine.containers.set(refName(aRef()), theirs);
  }
  await node.boot();
  expect(node.agent.describe("example-compute")).toMatchObject({ usedElsewhere: { cpu: 1 }, inventory: [] });
  expect(node.agent.status().foreign).toEqual([refName(aRef())]);
  expect(node.engine.containers.size).toBe(1);
  await other.end();
});

test("a node that was enrolled again for fewer categories stops what it has of the others, and says nothing of it", async () => {
  node = await aNode();
  await node.runJob();
  await node.crash();
  node.categories = ["example-gpu"];
  await node.boot();

  await until(() => node.agent.status().jobs.length === 0, "the removal");
  expect(node.container()).toBeUndefined();
  expect(node.agent.describe("example-gpu").usedElsewhere.cpu).toBe(0);
});

test.each([-40, 40])(
  "a running job outlives a wall clock that is set by %i days, also while the runner is down",
  async (days) => {
    node = await aNode();
    await node.runJob();
    node.clock.setWallClock(days * DAY_MS);
    await node.clock.advance(31_000);
    await node.crash();
    node.clock.setWallClock(days * DAY_MS);
    await node.boot();
    node.link.welcome(node.agent);
    await quiet();

    expect(node.agent.status().jobs).toMatchObject([{ phase: "running" }]);
    expect(node.link.fact(aRef(), "exited")).toBeUndefined();
  },
);
