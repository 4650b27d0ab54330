/** What a program wrote, saved for its user between its end and the word about it. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GAP } from "../../../runner/engine/log-content.ts";
import { folderName, refName } from "../../../shared/ids.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { quiet, until } from "../../support/manual-clock.ts";
import { aNode, aPlan, aRef, type NodeUnderTest } from "../../support/node-under-test.ts";

const TIME = "2026-01-01T00:00:00.000000000+00:00";
const TEN_MIN_MS = 600_000;
const YEARS_MS = 50 * 365 * 86_400_000;

let node: NodeUnderTest;
beforeEach(async () => {
  node = await aNode();
  // Programs begin by the node's clock and logs are born by the machine's: not before.
  node.clock.setWallClock(YEARS_MS);
});
afterEach(() => node.end());

const folder = () => join(node.stateDir, "jobs", folderName(aRef()));
const log = () => join(folder(), "output-1-0.log");
const work = (name = "") => join(folder(), "work", name);
const part = () => join(folder(), "attempt-1-0", "stdout.part");
const exited = () => node.link.fact(aRef(), "exited");
const messages = () => node.log.map(({ message }) => message);

/** The program has written something and ends. */
function end(text = `${TIME} stdout F hello\n${TIME} stderr F wrong\n${TIME} stdout P bye`): void {
  writeFileSync(log(), text);
  node.engine.exit(refName(aRef()), 0);
}

/** Reading the log does not come back until somebody opens its other side, as on a file system that hangs. */
function hangingLog(): { answer(): Promise<void> } {
  rmSync(log(), { force: true });
  execFileSync("mkfifo", [log()]);
  return {
    answer: async () => {
      const other = await open(log(), "w");
      await other.close();
    },
  };
}

async function hangs(plan: Partial<JobPlan> = {}) {
  // The tail reads the log too, and would hang in it.
  await node.runJob(aRef(), aPlan({ output: "site", ...plan }));
  const hanging = hangingLog();
  node.engine.exit(refName(aRef()), 0);
  await until(() => existsSync(part()), "the beginning of the copy");
  return hanging;
}

test("both streams are there in their order when the end is told, and belong to the job's user", async () => {
  await node.runJob();
  end();
  await node.told("exited");
  expect(readFileSync(work("stdout.txt"), "utf8")).toBe("hello\nwrong\nbye");
  expect(statSync(work("stdout.txt"))).toMatchObject({ uid: 11042, gid: 11042, mode: 0o100644 });
});

test.each([
  ["without any output", aPlan()],
  ["whose output stays at the site", aPlan({ output: "site" })],
])("a job %s has the file all the same", async (_, plan) => {
  await node.runJob(aRef(), plan);
  end("");
  await node.told("exited");
  expect(readdirSync(work())).toEqual(["stdout.txt"]);
});

test("a later rank has a name of its own", async () => {
  const ref = aRef({ rank: 2 });
  await node.runJob(ref);
  node.engine.exit(refName(ref), 0);
  await node.told("exited", ref);
  expect(readdirSync(work())).toEqual(["stdout-2.txt"]);
});

test("a job that never ran has none", async () => {
  node.offer();
  await until(() => node.container() !== undefined, "the container");
  node.agent.received(node.link, { type: "cancel", ref: aRef() });
  await node.told("exited");
  await quiet();
  expect(readdirSync(work())).toEqual([]);
});

test("a log that lost its beginning says so", async () => {
  // The program began years before this file did.
  node.clock.setWallClock(-YEARS_MS);
  await node.runJob();
  end(`${TIME} stdout F kept\n`);
  await node.told("exited");
  const born = statSync(log()).birthtimeMs;
  expect(readFileSync(work("stdout.txt"), "utf8")).toBe(born === 0 ? "kept\n" : `${GAP}kept\n`);
});

test("a link that the program left is not followed", async () => {
  await node.runJob();
  const elsewhere = join(node.stateDir, "elsewhere");
  writeFileSync(elsewhere, "untouched");
  symlinkSync(elsewhere, work("stdout.txt"));
  end();
  await node.told("exited");
  expect(readFileSync(elsewhere, "utf8")).toBe("untouched");
  expect(readFileSync(work("stdout-1.txt"), "utf8")).toBe("hello\nwrong\nbye");
});

test("the end is not told before the output is saved", async () => {
  const hanging = await hangs();
  await quiet();
  expect(exited()).toBeUndefined();
  expect(node.agent.status().jobs).toMatchObject([{ phase: "ended" }]);
  node.link.drop(node.agent);
  node.link.welcome(node.agent, [{ ref: aRef(), verdict: "resend" }]);
  await quiet();
  expect(exited()).toBeUndefined();
  await hanging.answer();
  await node.told("exited");
});

test("a file system that hangs holds an end back for ten minutes and no more", async () => {
  const hanging = await hangs();
  await node.clock.advance(TEN_MIN_MS - 1);
  expect(exited()).toBeUndefined();
  await node.clock.advance(1);
  await node.told("exited");
  expect(messages()).toContain("output.too_slow");
  await hanging.answer();
  await until(() => !existsSync(part()), "the end of the copy");
  expect(readdirSync(work())).toEqual([]);
});

test("the ten minutes are one time, however often the process begins anew", async () => {
  const hanging = await hangs();
  await node.clock.advance(TEN_MIN_MS - 1_000);
  const stopped = node.crash();
  await node.clock.advance(2_500);
  await stopped;
  await node.boot();
  node.link.welcome(node.agent);
  await node.told("exited");
  await hanging.answer();
});

test("a process that dies while it saves leaves it to the next one, which saves it once", async () => {
  const hanging = await hangs();
  const stopped = node.crash();
  await hanging.answer();
  await stopped;
  expect(exited()).toBeUndefined();
  rmSync(log());
  writeFileSync(log(), `${TIME} stdout F hello\n`);
  writeFileSync(part(), "half of it");
  await node.boot();
  node.link.welcome(node.agent);
  await node.told("exited");
  expect(readdirSync(work())).toEqual(["stdout.txt"]);
  expect(readFileSync(work("stdout.txt"), "utf8")).toBe("hello\n");
});

test("a process that dies between saving and writing down that it did so does not save it twice", async () => {
  await node.runJob();
  end();
  await node.told("exited");
  await node.crash();
  const db = new DatabaseSync(join(node.stateDir, "journal.sqlite"));
  db.exec(`UPDATE attempts SET attempt = json_set(attempt, '$.outputDue', json_extract(attempt, '$.started'))`);
  db.close();
  node.link.sent.length = 0;
  await node.boot();
  node.link.welcome(node.agent);
  await node.told("exited");
  expect(readdirSync(work())).toEqual(["stdout.txt"]);
});

test("a folder that is gone is logged, and the end is told", async () => {
  await node.runJob();
  rmSync(folder(), { recursive: true });
  node.engine.exit(refName(aRef()), 0);
  await node.told("exited");
  expect(messages()).toContain("output.not_saved");
});

test("a job that the gateway forgot while it ran has its output too", async () => {
  await node.runJob();
  mkdirSync(dirname(log()), { recursive: true });
  writeFileSync(log(), `${TIME} stdout F hello\n`);
  node.agent.received(node.link, { type: "forget", ref: aRef() });
  await node.agent.idle();
  expect(readFileSync(work("stdout.txt"), "utf8")).toBe("hello\n");
});

test("what only the runner needed is gone when the end is acknowledged, and the end is noted", async () => {
  await node.runJob();
  end();
  await node.told("exited");
  node.agent.received(node.link, { type: "ack", ref: aRef(), kind: "exited" });
  await node.agent.idle();
  expect(readdirSync(join(folder(), "attempt-1-0")).sort()).toEqual(["ended", "etc", "owner"]);
  expect(readFileSync(join(folder(), "attempt-1-0", "ended"), "utf8")).toBe(`${node.clock.nowMs()}\n`);
});
