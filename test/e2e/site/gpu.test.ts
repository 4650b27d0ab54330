/** GPUs by the names that the machine's own device files give them. The device here is a word in the environment. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { sharedSite } from "../../support/shared-site.ts";
import { CATEGORY } from "../../support/site.ts";
import { LEAVE_A_LINE, UNTIL_TOLD } from "../../support/site-job.ts";

/** Where Podman looks for such files besides `/etc/cdi`; gone with the machine's next start at the latest. */
const CDI_FOLDER = "/var/run/cdi";
const VENDOR = `test${process.pid}.ucloud-edge.org`;
const CDI_FILE = `${CDI_FOLDER}/${VENDOR}.json`;
const KIND = `${VENDOR}/gpu`;

const PRODUCT = { category: CATEGORY, cpu: 0.2, memoryInGigs: 0.1, price: 1, stopGrace: 1 };
const site = sharedSite({
  products: [
    { ...PRODUCT, name: "example-compute-1" },
    { ...PRODUCT, name: "gpu", gpu: 1, gpuKind: "toy" },
    { ...PRODUCT, name: "other-gpu", gpu: 1, gpuKind: "another" },
  ],
});

beforeAll(async () => {
  mkdirSync(CDI_FOLDER, { recursive: true });
  const devices = [{ name: "0", containerEdits: { env: ["TOY_GPU=number-0"] } }];
  writeFileSync(CDI_FILE, JSON.stringify({ cdiVersion: "0.3.0", kind: KIND, devices }));
  await (await site().runner("node-1", { flags: ["--gpus", `${KIND}=0`, "--gpu-kind", "toy"] })).start();
});

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

test("a machine whose GPU is gone gives the job back", async () => {
  rmSync(CDI_FILE);
  const job = await site().job({ argv: SEES_IT, ...onGpu });
  await eventually("it is back in the queue", async () => {
    const { body } = await site().admin.get(`/admin/jobs/${job.id}`);
    return JSON.stringify(body).includes("back in the queue") ? true : null;
  });
  await job.terminate();
  await job.reaches("SUCCESS");
  expect(job.starts()).toBe(0);
});
