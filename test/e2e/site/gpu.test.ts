/**
 * GPUs by the names that the machine's own device files give them, and cores of a job's own. The devices here are a word in
 * the environment and a node that every machine has.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import type { RunnerProcess } from "../../support/runner-process.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY } from "../../support/site.ts";
import { LEAVE_A_LINE, UNTIL_TOLD } from "../../support/site-job.ts";

/** Where Podman looks for such files besides `/etc/cdi`; gone with the machine's next start at the latest. */
const CDI_FOLDER = "/var/run/cdi";
const VENDOR = `test${process.pid}.ucloud-edge.org`;
const CDI_FILE = `${CDI_FOLDER}/${VENDOR}.json`;
const KIND = `${VENDOR}/gpu`;

const PRODUCT = { category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1, stopGrace: 1 };
let runner: RunnerProcess;
const site = sharedSite({
  products: [
    { ...PRODUCT, name: "example-compute-1" },
    { ...PRODUCT, name: "gpu", gpu: 1, gpuKind: "toy" },
    { ...PRODUCT, name: "gpu-b", gpu: 1, gpuKind: "plush" },
    { ...PRODUCT, name: "other-gpu", gpu: 1, gpuKind: "another" },
    { ...PRODUCT, name: "whole", cpu: 1 },
  ],
});

beforeAll(async () => {
  mkdirSync(CDI_FOLDER, { recursive: true });
  writeDevices();
  const gpus = JSON.stringify({ [`${KIND}=0`]: "toy", [`${KIND}=1`]: "plush" });
  runner = await site().runner("node-1", { flags: ["--gpus", gpus] });
  await runner.start();
});

function writeDevices(): void {
  const deviceNodes = [{ path: "/dev/null" }];
  const devices = ["0", "1"].map((name) => ({
    name,
    containerEdits: { env: [`TOY_GPU=number-${name}`], deviceNodes },
  }));
  writeFileSync(CDI_FILE, JSON.stringify({ cdiVersion: "0.3.0", kind: KIND, devices }));
}

afterAll(() => rmSync(CDI_FILE, { force: true }));

const onGpu = { product: { id: "gpu", category: CATEGORY } };
const SEES_IT = ["sh", "-c", `[ "$TOY_GPU" = number-0 ] || exit 9; ${UNTIL_TOLD[2]}`];

test("a job with a GPU gets the device, and the next one waits until it is free", async () => {
  const first = await site().job({ argv: SEES_IT, ...onGpu });
  await first.begins();
  const second = await site().job({ argv: SEES_IT, ...onGpu });
  // Without a GPU there is room beside it; and what this job must not see it does not see.
  const without = await site().job({ argv: ["sh", "-c", `${LEAVE_A_LINE}; [ -z "$TOY_GPU" ]`] });
  await without.reaches("SUCCESS");
  expect(await second.stateAtGateway()).toBe("queued");
  first.end();
  await first.reaches("SUCCESS");
  await second.begins();
  const other = await site().job({
    ...{
      argv: ["sh", "-c", `${LEAVE_A_LINE}; [ "$TOY_GPU" = number-1 ]`],
      product: { id: "gpu-b", category: CATEGORY },
    },
  });
  await other.reaches("SUCCESS");
  second.end();
  await second.reaches("SUCCESS");
});

test("a job for another kind of GPU waits, and an administrator reads why", async () => {
  const job = await site().job({ argv: SEES_IT, product: { id: "other-gpu", category: CATEGORY } });
  await eventually("the reason", async () => {
    const { body } = await site().admin.get(`/admin/jobs/${job.id}`);
    return JSON.stringify(body).includes("bigger machine") ? true : null;
  });
  await job.terminate();
  await job.reaches("SUCCESS");
  expect(job.starts()).toBe(0);
});

test("a machine whose GPU is gone gives the job back, and says which one and why", async () => {
  rmSync(CDI_FILE);
  const job = await site().job({ argv: SEES_IT, ...onGpu });
  await eventually("it is shown as lost", async () => {
    const { body } = await site().admin.get(`/admin/runners`);
    return JSON.stringify(body).includes('"lostGpus":[{"name"') ? true : null;
  });
  const { lines, code } = await runner.run("status");
  expect([code, lines.some((line) => line.includes(`GPU ${KIND}=0 (toy) gets no job: no CDI file`))]).toEqual([
    1,
    true,
  ]);
  expect(job.starts()).toBe(0);
  await job.terminate();
  await job.reaches("SUCCESS");
});

test("a job with a whole core counts as many as it has", async () => {
  const job = await site().job({
    ...{ argv: ["sh", "-c", `${LEAVE_A_LINE}; [ "$(nproc)" = 1 ]`], product: { id: "whole", category: CATEGORY } },
  });
  await job.reaches("SUCCESS");
});
