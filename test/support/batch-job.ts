/** A user's batch job as UCloud posts it: the recorded request with another command, image, machine type or time. */
import { randomInt } from "node:crypto";
import { recordedJob, withFields } from "./ucloud-requests.ts";

export type BatchJob = {
  id: string;
  createdAt: number;
  argv: string[];
  image: string;
  product: { id: string; category: string };
  timeAllocation: { hours: number; minutes: number; seconds: number } | null;
};

const APPLICATION = "status.resolvedApplication.invocation";

/** Fresh ids, so that jobs of one site never meet by accident. */
export function aBatchJob(change: Partial<BatchJob> = {}): BatchJob {
  return {
    id: String(randomInt(1, 2 ** 40)),
    createdAt: Date.now(),
    argv: ["true"],
    image: "acme/batch:1.0.0",
    product: { id: "example-compute-1", category: "example-compute" },
    timeAllocation: null,
    ...change,
  };
}

/** The body of a create, and with the same items that of a terminate. */
export function bulkOf(...jobs: BatchJob[]): string {
  return JSON.stringify({ items: jobs.map(ucloudJob) });
}

export function ucloudJob({ id, createdAt, argv, image, product, timeAllocation }: BatchJob): unknown {
  return withFields(recordedJob(), {
    id,
    createdAt,
    "specification.product": { ...product, provider: "example" },
    "specification.parameters": {},
    "specification.timeAllocation": timeAllocation,
    [`${APPLICATION}.parameters`]: [],
    [`${APPLICATION}.invocation`]: argv.map((word) => ({ type: "word", word })),
    [`${APPLICATION}.tool.tool.description.image`]: image,
  });
}
