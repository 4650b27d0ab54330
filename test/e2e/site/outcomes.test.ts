/** How jobs end through every real part: each outcome with its words, and never a word of the program's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { BatchJob } from "../../support/batch-job.ts";
import { hasNoContainer } from "../../support/podman-containers.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY, OTHER_CATEGORY } from "../../support/site.ts";
import { script, UNTIL_TOLD } from "../../support/site-job.ts";

const PRODUCT = { category: CATEGORY, cpu: 1, memoryInGigs: 0.5, price: 1, stopGrace: 1 };
const site = sharedSite({
  products: [
    { ...PRODUCT, name: "example-compute-1" },
    { ...PRODUCT, name: "tiny", memoryInGigs: 0.05 },
    { ...PRODUCT, name: "large", category: OTHER_CATEGORY },
  ],
});

const accountSchema = z.looseObject({ startedAt: z.string(), endedAt: z.string(), workspace: z.string() });
let runner: RunnerProcess;

beforeAll(async () => {
  runner = await site().runner("node-1", { categories: [CATEGORY, OTHER_CATEGORY], flags: ["--cpu", "1"] });
  await runner.start();
});

type Case = { name: string; job: Partial<BatchJob>; states: string[]; text: string };

const CASES: Case[] = [
  {
    name: "a program that ends with another exit code than 0",
    job: { argv: script("echo a secret; exit 3") },
    states: ["RUNNING", "FAILURE"],
    text: "The job ended with exit code 3.",
  },
  {
    name: "a program that dies of a signal",
    job: { argv: script("kill -SEGV $$") },
    states: ["RUNNING", "FAILURE"],
    text: "The job was ended by signal 11 or with exit code 139.",
  },
  {
    name: "a program that takes more memory than it has",
    job: { argv: ["tail", "/dev/zero"], product: { id: "tiny", category: CATEGORY } },
    states: ["RUNNING", "FAILURE"],
    text: "The job needed more memory than its machine type has and was ended.",
  },
  {
    name: "a program that is not in the image",
    job: { argv: ["no-such-program"] },
    states: ["FAILURE"],
    text: "The program could not be found in the image (no-such-program).",
  },
  {
    name: "an image that is not there",
    job: { image: "localhost/acme/absent:1.0.0" },
    states: ["FAILURE"],
    text: "The image could not be found (localhost/acme/absent:1.0.0).",
  },
  {
    name: "a program that takes longer than its time",
    job: { argv: UNTIL_TOLD, timeAllocation: { hours: 0, minutes: 0, seconds: 1 } },
    states: ["RUNNING", "EXPIRED"],
    text: "The job has used up its time and was stopped; it ran for 1 second.",
  },
  {
    name: "a program that prints a NUL, a line of 300 KB and bytes that are no text",
    job: { argv: script("printf 'a\\000b\\377\\n'; head -c 300000 /dev/zero | tr '\\000' x; echo; printf '\\000'") },
    states: ["RUNNING", "SUCCESS"],
    text: "The job has finished processing!",
  },
  {
    name: "a program that prints the same and fails",
    job: { argv: script("printf 'a\\000b'; head -c 300000 /dev/zero; exit 9") },
    states: ["RUNNING", "FAILURE"],
    text: "The job ended with exit code 9.",
  },
];

test.each(CASES.map((one) => [one.name, one] as const))("%s", async (_name, { job: change, states, text }) => {
  const job = await site().job(change);
  await job.reaches("SUCCESS", "FAILURE", "EXPIRED");
  expect(job.states()).toEqual(states);
  expect(job.lastText()).toBe(text);
  await hasNoContainer(site().podman, job.id);
});

test("who it was: the moment names the job on its machine, and the gateway knows its story", async () => {
  const job = await site().job({ argv: UNTIL_TOLD });
  // Podman dates a start when its program may have begun already.
  await job.reaches("RUNNING");
  const moment = new Date().toISOString();
  job.end();
  await job.reaches("SUCCESS");
  const accounts = readFileSync(join(runner.stateDir, "accounting.jsonl"), "utf8").trim().split("\n");
  const found = accounts
    .map((line) => accountSchema.parse(JSON.parse(line)))
    .filter(({ startedAt, endedAt }) => startedAt < moment && endedAt > moment);
  expect(found).toMatchObject([{ job: job.id, exitCode: 0, cause: "exit" }]);
  const { body } = await site().admin.get(`/admin/jobs/${job.id}`);
  expect(body).toMatchObject({ id: job.id, workspace: found[0]?.workspace, category: CATEGORY });
});

describe("one node with room for one", () => {
  test("the second job runs after the first", async () => {
    const first = await site().job({ argv: UNTIL_TOLD });
    const second = await site().job({ argv: UNTIL_TOLD });
    await first.begins();
    expect(await second.stateAtGateway()).toBe("queued");
    expect(second.starts()).toBe(0);
    first.end();
    await first.reaches("SUCCESS");
    await second.begins();
    second.end();
    await second.reaches("SUCCESS");
  });

  test("a bulk over two categories runs whole, one job after the other", async () => {
    const one = site().newJob({ argv: script("true") });
    const other = site().newJob({ argv: script("true"), product: { id: "large", category: OTHER_CATEGORY } });
    await site().post(one, other);
    await Promise.all([one.reaches("SUCCESS"), other.reaches("SUCCESS")]);
    expect([one.states(), other.states()]).toEqual([
      ["RUNNING", "SUCCESS"],
      ["RUNNING", "SUCCESS"],
    ]);
    expect([one.starts(), other.starts()]).toEqual([1, 1]);
  });

  test("of a bulk with one bad job none is taken", async () => {
    const good = site().newJob({ argv: script("true") });
    const bad = site().newJob({ product: { id: "nobody-has-it", category: OTHER_CATEGORY } });
    await expect(site().post(good, bad)).rejects.toThrow("items[1].specification.product");
    expect(await good.stateAtGateway()).toBe("unknown");
  });
});
