/** A line for each attempt that ran here and has ended. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Accounts } from "../../../../runner/accounting/accounts.ts";
import { refName } from "../../../../shared/ids.ts";
import { until } from "../../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../../support/node-under-test.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";

let node: NodeUnderTest;
afterEach(() => node.end());

function accountsOf(stateDir: string, peak: number | null = null) {
  const log: string[] = [];
  const note = (_: object, message: string) => void log.push(message);
  const accounts = new Accounts({
    ...{ stateDir, timers: node.clock, nowMs: () => node.clock.nowMs(), log: { info: note, warn: note, error: note } },
    running: () => [refName(aRef())],
    pidOf: async () => 7,
    read: async () => peak,
  });
  return { accounts, log };
}

async function anEnd(): Promise<void> {
  node = await aNode();
  await node.runJob(aRef(), aPlan({ workspace: "project:p", argv: ["planted"], environment: { KEY: "planted" } }));
  await node.clock.advance(5_000);
  node.engine.exit(refName(aRef()), 3);
  await node.told("exited");
}

const read = (folder: string) => readFileSync(join(folder, "accounting.jsonl"), "utf8");

describe("an attempt that ran", () => {
  test("has one line: whose it was, when, with what, and how it ended", async () => {
    await anEnd();
    expect(node.ended).toHaveLength(1);
    const folder = aStateFolder();
    const { accounts } = accountsOf(folder, 4_096);
    await node.clock.advance(5_000);
    for (const { attempt, plan } of node.ended) {
      accounts.ended(attempt, plan);
    }
    const ref = aRef();
    const line = JSON.parse(read(folder));
    expect(line).toMatchObject({
      ...{ job: ref.job, incarnation: ref.incarnation, attempt: 1, rank: 0, workspace: "project:p", address: null },
      ...{ image: "busybox", cause: "exit", exitCode: 3, ranMs: 5_000, peakMemoryBytes: 4_096 },
    });
    expect(Date.parse(line.endedAt) - Date.parse(line.startedAt)).toBe(5_000);
    expect(read(folder)).not.toContain("planted");
    accounts.close();
  });

  test("has its line however often its end is told", async () => {
    await anEnd();
    await node.crash();
    await node.boot();
    await node.clock.advance(60_000);
    expect(node.ended).toHaveLength(1);
  });

  test("has its line when it ended while the runner was down", async () => {
    node = await aNode();
    await node.runJob();
    await node.crash();
    node.engine.exit(refName(aRef()), 0);
    await node.boot();
    await node.clock.advance(1_000);
    expect(node.ended.map(({ attempt }) => attempt.outcome?.kind)).toEqual(["exited"]);
  });

  test("is told in the log alone where the file cannot be written", async () => {
    await anEnd();
    const folder = aStateFolder();
    mkdirSync(join(folder, "accounting.jsonl"));
    const { accounts, log } = accountsOf(folder);
    for (const { attempt, plan } of node.ended) {
      accounts.ended(attempt, plan);
    }
    expect(log).toContain("accounting.failed");
    accounts.close();
  });
});

test("an attempt that never ran has none", async () => {
  node = await aNode();
  node.engine.startFaults = [{ code: "podman_failed" }];
  node.offer();
  await until(() => node.link.frames("accept").length > 0);
  node.go();
  await node.told("not-started");
  const folder = aStateFolder();
  const { accounts } = accountsOf(folder);
  for (const { attempt, plan } of node.ended) {
    accounts.ended(attempt, plan);
  }
  expect(() => read(folder)).toThrow("ENOENT");
  accounts.close();
});
