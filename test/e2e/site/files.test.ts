/** A user's files on a drive, from UCloud's create to the job's own reading and writing of them, through a kill of the runner. */
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { JOB_USER } from "../../support/engine.ts";
import type { PodmanGate } from "../../support/podman-gate.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { script } from "../../support/site-job.ts";

const site = sharedSite();
let gate: PodmanGate;
let runner: RunnerProcess;
let drives: string;
let drive: string;
let next = 4000;

beforeAll(async () => {
  drives = join(site().folder, "drives");
  mkdirSync(drives);
  gate = await site().gate("node-1");
  const flags = ["--drives", JSON.stringify({ "*": { folder: drives } })];
  drive = aDrive();
  runner = await site().runner("node-1", { podmanSocket: gate.socketPath, flags });
  await runner.start();
});

beforeEach(() => {
  for (const [name, text] of [
    ["in.txt", "in\n"],
    ["table.csv", "1,2\n"],
  ] as const) {
    writeFileSync(join(drive, "data", name), text);
    chownSync(join(drive, "data", name), JOB_USER.uid, JOB_USER.gid);
  }
});

function aDrive(): string {
  next += 1;
  const folder = join(drives, String(next));
  mkdirSync(join(folder, "data"), { recursive: true });
  chownSync(join(folder, "data"), JOB_USER.uid, JOB_USER.gid);
  return folder;
}

test("a folder beside the parameters and a file as a parameter", async () => {
  const job = await site().job({
    argv: script('cp data/in.txt data/out.txt; cat "$0" >> data/out.txt; echo kept > result.txt'),
    files: [{ path: `/${next}/data` }],
    fileParameters: { table: { path: `/${next}/data/table.csv`, readOnly: true } },
  });
  await job.reaches("SUCCESS", "FAILURE");
  expect(job.lastText()).toBe("The job has finished processing!");
  expect(readFileSync(join(drive, "data", "out.txt"), "utf8")).toBe("in\n1,2\n");
  const [work = ""] = job.workFolders();
  expect(existsSync(join(work, "result.txt"))).toBe(true);
  expect(existsSync(join(work, "data"))).toBe(false);
});

test.each([
  ["is not there", "none", "A file or folder of the job does not exist on its drive (/work/none)."],
  ["is a link out of the drive", "link", /reached through a link .* \(\/work\/link\)\.$/],
])("what %s ends the job with a sentence", async (_, name, words) => {
  const path = join(drive, "link");
  if (!existsSync(path)) {
    symlinkSync("/etc", path);
  }
  const job = await site().job({ argv: script("true"), files: [{ path: `/${next}/${name}` }] });
  await job.reaches("FAILURE");
  expect(job.lastText()).toMatch(words);
  expect(job.starts()).toBe(0);
});

test("kill -9 between the look and the start: the job begins once, with what was meant", async () => {
  const held = gate.hold(/^POST \S+\/init /, "answer");
  const job = await site().job({ argv: script("cat data/in.txt > seen"), files: [{ path: `/${next}/data` }] });
  await held.reached;
  await runner.kill();
  held.open();
  await runner.start();
  await job.reaches("SUCCESS");
  expect(job.starts()).toBe(1);
  expect(readFileSync(join(job.workFolders()[0] ?? "", "seen"), "utf8")).toBe("in\n");
});

test("kill -9 in the call of start, and another folder in place of the first: nothing begins", async () => {
  const held = gate.hold(/^POST \S+\/start /, "call");
  const job = await site().job({ argv: script("cat data/in.txt > seen"), files: [{ path: `/${next}/data` }] });
  await held.reached;
  await runner.kill();
  renameSync(join(drive, "data"), join(drive, "moved"));
  mkdirSync(join(drive, "data"));
  // Podman never hears of that call.
  await runner.start();
  await job.reaches("FAILURE");
  expect(job.lastText()).toMatch(/reached through a link/);
  expect(job.starts()).toBe(0);
});
