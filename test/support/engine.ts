/** What tests of the engine share: a plan and an order with one thing changed, and an engine on a test's service. */
import { randomBytes } from "node:crypto";
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerOrder, Engine, ImageFacts } from "../../runner/engine/engine.ts";
import { labelsOf } from "../../runner/engine/labels.ts";
import { createPodman, type PodmanOptions } from "../../runner/engine/podman.ts";
import { refName } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { aPlan as basePlan } from "./plan.ts";
import { TEST_IMAGE } from "./test-image.ts";

export const MEBIBYTE = 1024 * 1024;
export const JOB_USER = { uid: 11_042, gid: 11_042 };

/** Of a short life on a small machine. */
export function aPlan(change: Partial<JobPlan> = {}): JobPlan {
  const resources = { cpu: 1, memoryBytes: 256 * MEBIBYTE, gpu: 0 };
  return basePlan({ argv: ["true"], resources, wallMs: 60_000, stopGraceMs: 1000, ...change });
}

export const anImage: ImageFacts = { id: "sha256:0", digest: null, name: TEST_IMAGE, environment: {} };

export function anOrder(plan: JobPlan, change: Partial<ContainerOrder> = {}): ContainerOrder {
  const ref = { job: "1", incarnation: randomBytes(8).toString("hex"), attempt: 1, rank: 0 };
  const labels = labelsOf({
    ref,
    plan,
    runner: "runner-1",
    stateFolder: "state-1",
    stateDir: "/state",
    category: plan.product.category,
    bootId: "boot-1",
    gpuDevices: [],
  });
  return {
    name: refName(ref),
    labels,
    plan,
    image: anImage,
    workFolder: "/tmp/none/work",
    files: [],
    logFile: "/tmp/none/output.log",
    logCapBytes: 1024 * MEBIBYTE,
    user: JOB_USER,
    gpuDevices: [],
    ...change,
  };
}

/** With its folder on the disk and its image's facts: ready for `create`. */
export async function placeOrder(engine: Engine, folder: string, plan: JobPlan): Promise<ContainerOrder> {
  const order = anOrder(plan);
  const place = join(folder, order.name);
  const workFolder = join(place, "work");
  await mkdir(workFolder, { recursive: true });
  await chown(workFolder, JOB_USER.uid, JOB_USER.gid);
  const image = await engine.prepareImage(plan, { signal: AbortSignal.timeout(60_000), progress: () => {} });
  return { ...order, image, workFolder, logFile: join(place, "output.log") };
}

export function anEngine(socketPath: string, change: Partial<PodmanOptions> = {}): Engine {
  return createPodman({
    socketPath,
    defaultRegistry: "docker.io",
    authFile: null,
    allowList: null,
    allowRoot: false,
    owner: "state-1",
    log: { info() {}, warn() {}, error() {} },
    ...change,
  });
}
