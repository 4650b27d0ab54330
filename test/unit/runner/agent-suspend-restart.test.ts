/** Suspended jobs through the death of the process and of the machine: what runs and what counts is the journal's word. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
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
  status,
  words,
} from "../../support/runner/suspended-node.ts";

afterEach(() => node.end());

describe("a process that was killed", () => {
  test("while the job was suspended finds it so, and the clock stood still all the while", async () => {
    await aSuspendedJob();
    await node.crash();
    await node.clock.advance(500_000);
    await node.boot();
    await quiet();
    expect([status(), node.engine.freezeCalls]).toEqual(["paused", ["pause"]]);
    keep();
    order("resume", 2);
    await node.told("resumed");
    await node.clock.advance(39_999);
    expect(ended()).toBeUndefined();
    await node.clock.advance(1);
    await node.told("exited");
  });

  test.each([
    { name: "a pause", type: "suspend" as const, before: [], downMs: 500_000, ranMs: 20_000, shown: "suspended 1" },
    {
      name: "the end of a pause",
      type: "resume" as const,
      before: ["suspend"],
      downMs: 30_000,
      ranMs: 50_000,
      shown: "resumed 2",
    },
  ])("between $name and its note knows since when", async ({ type, before, downMs, ranMs, shown }) => {
    await (before.length === 0 ? aRunningJob() : aSuspendedJob());
    await node.clock.advance(before.length === 0 ? 20_000 : 100_000);
    // The answer never comes: the process dies first.
    const pause = type === "suspend" ? "pause" : "unpause";
    const original = node.engine[pause].bind(node.engine);
    const answer = Promise.withResolvers<void>();
    let called = false;
    node.engine[pause] = async (name: string) => {
      await original(name);
      called = true;
      await answer.promise;
    };
    order(type, before.length + 1);
    await until(() => called);
    const crash = node.crash();
    answer.resolve();
    await crash;
    node.engine[pause] = original;
    await node.clock.advance(downMs);
    await node.boot();
    keep();
    await until(() => words().includes(shown));
    node.engine.exit(NAME, 0);
    await node.told("exited");
    expect(ended()).toMatchObject({ ranMs });
  });

  test("finds a program that somebody let go on, and pauses it again by the journal's word", async () => {
    await aSuspendedJob();
    await node.crash();
    await node.engine.unpause(NAME);
    await node.boot();
    await until(() => status() === "paused");
    expect(words()).toEqual(["suspended 1"]);
  });

  test("finds a program that somebody paused, and lets it go on by the journal's word", async () => {
    await aRunningJob();
    await node.crash();
    await node.engine.pause(NAME);
    await node.boot();
    await until(() => status() === "running");
    expect(words()).toEqual([]);
  });

  test("without its journal lets the job go on until the gateway says what is wanted", async () => {
    await aSuspendedJob();
    await node.crash();
    for (const name of readdirSync(node.stateDir).filter((file) => file.startsWith("journal."))) {
      rmSync(join(node.stateDir, name));
    }
    await node.boot();
    await until(() => status() === "running");
    keep({ n: 1, wanted: true });
    await until(() => status() === "paused");
  });
});

test("of a suspended job that a reboot cut off, only what it really ran is told", async () => {
  await aSuspendedJob();
  node.agent.heard("example-compute", node.clock.uptimeMs());
  await node.clock.advance(100_000);
  node.agent.heard("example-compute", node.clock.uptimeMs());
  await node.crash();
  node.engine.reboot();
  node.clock.reboot();
  node.bootId = "boot-2";
  await node.boot();
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  await node.told("exited");
  expect(ended()).toMatchObject({ cause: "lost", reason: "machine_restarted", ranMs: 20_000 });
});
