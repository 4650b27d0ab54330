/** A job's plan and its mounts, with what a test cares about. */
import type { JobPlan, Mount } from "../../shared/plan.ts";

export function aPlan(change: Partial<JobPlan> = {}): JobPlan {
  return {
    image: "acme/batch:1.0.0",
    argv: ["acme-batch"],
    environment: {},
    workingDirectory: null,
    asRoot: false,
    resources: { cpu: 1, memoryBytes: 2 ** 30, gpu: 0 },
    gpuKind: null,
    wallMs: 3_600_000,
    stopGraceMs: 30_000,
    maxSilenceMs: null,
    network: "none",
    output: "edge",
    workspace: "user:alice",
    application: { name: "acme-batch", version: "1.0.0" },
    product: { name: "example-compute-1", category: "example-compute" },
    ...change,
  };
}

/** A file of a drive, to be written. */
export function aMount(change: Partial<Mount> = {}): Mount {
  return { drive: "12", path: "data", destination: "/work/data", readOnly: false, ...change };
}
