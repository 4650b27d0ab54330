/** Programs that take what they can get: each ends in the right words, and node, runner and the next job do not notice. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { BatchJob } from "../support/batch-job.ts";
import { hasNoContainer } from "../support/podman-containers.ts";
import type { RunnerProcess } from "../support/runner-process.ts";
import { sharedSite } from "../support/shared-site.ts";
import { CATEGORY } from "../support/site.ts";
import { script } from "../support/site-job.ts";

const run = promisify(execFile);
const DISK_MIB = 48;
/** Few processes and little of the processor, so that a bomb is over soon. */
const PRODUCT = { category: CATEGORY, price: 1, stopGrace: 1, cpu: 0.1, memoryInGigs: 0.06 };
const site = sharedSite({
  products: [
    { ...PRODUCT, name: "tiny" },
    { ...PRODUCT, name: "example-compute-1", cpu: 1 },
  ],
});
const tiny = { product: { id: "tiny", category: CATEGORY } };

let runner: RunnerProcess;

beforeAll(async () => {
  runner = await site().runner("node-1", { flags: ["--cpu", "2"] });
  mkdirSync(runner.jobsDir, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m,mode=0750`, "tmpfs", runner.jobsDir]);
  await runner.start();
});
afterEach(() => {
  for (const name of readdirSync(runner.jobsDir)) {
    // The runner may still be noting there that the job has ended.
    rmSync(join(runner.jobsDir, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
});
afterAll(async () => {
  await runner.kill();
  await run("umount", ["-l", runner.jobsDir]);
});

/** Posted, run to its end, on the same runner process that was there before. */
async function expectNextJobRuns(): Promise<void> {
  const next = await site().job({ argv: script("true") });
  await next.reaches("SUCCESS", "FAILURE", "EXPIRED");
  expect([next.lastText(), next.starts()]).toEqual(["The job has finished processing!", 1]);
  expect(runner.lines.filter((line) => line.includes('"msg":"connection.redial"'))).toEqual([]);
  expect((await runner.run("status")).code).toBe(0);
}

const seconds = (count: number): Partial<BatchJob> => ({ timeAllocation: { hours: 0, minutes: 0, seconds: count } });
const BOMB = "bomb() { bomb | bomb & }; bomb; while :; do :; done";

test("a fork bomb ends with its time, and another job runs beside it", async () => {
  const bomb = await site().job({ argv: script(BOMB), ...tiny, ...seconds(8) });
  await bomb.begins();
  await expectNextJobRuns();
  await bomb.reaches("SUCCESS", "FAILURE", "EXPIRED");
  expect(bomb.lastText()).toMatch(/^The job has used up its time and was stopped; it ran for \d+ seconds\.$/);
  await hasNoContainer(site().podman, bomb.id);
});

type Case = [name: string, job: Partial<BatchJob>, text: RegExp];
const CASES: Case[] = [
  [
    "takes all memory",
    { argv: ["tail", "/dev/zero"], ...tiny },
    /^The job needed more memory than its machine type has/,
  ],
  [
    "takes all memory in many processes",
    { argv: script("for i in 1 2 3; do tail /dev/zero & done; tail /dev/zero") },
    /^The job needed more memory|ended by signal|exit code/,
  ],
  ["fills /tmp", { argv: script("dd if=/dev/zero of=/tmp/x bs=1M; exit 7") }, /^The job ended with exit code 7\.$/],
  ["fills /dev/shm", { argv: script("dd if=/dev/zero of=/dev/shm/x bs=1M; exit 7") }, /exit code 7\.$|more memory/],
  [
    "fills /work and prints on",
    { argv: script("dd if=/dev/zero of=/work/x bs=1M; yes | head -c 200000; exit 7") },
    /^The job ended with exit code 7\.$/,
  ],
  [
    "makes files until there is no room for a name",
    { argv: script("n=0; while echo > /work/$n; do n=$((n+1)); [ $n -lt 3000 ] || break; done; exit 7") },
    /^The job ended with exit code 7\.$/,
  ],
  [
    "opens all the files that it can",
    { argv: script('n=3; while [ $n -lt 2000 ]; do eval "exec $n</dev/null" || break; n=$((n+1)); done; exit 7') },
    /exit code [27]\.$/,
  ],
];

test.each(CASES)("a job that %s ends in those words, and the next one runs", async (_name, change, text) => {
  const job = await site().job({ ...change, ...(change.timeAllocation === undefined ? seconds(30) : {}) });
  await job.reaches("SUCCESS", "FAILURE", "EXPIRED");
  expect(job.lastText()).toMatch(text);
  expect(job.states()).toEqual(["RUNNING", "FAILURE"]);
  for (const work of job.workFolders()) {
    rmSync(work, { recursive: true, maxRetries: 20, retryDelay: 50 });
  }
  await hasNoContainer(site().podman, job.id);
  await expectNextJobRuns();
});
