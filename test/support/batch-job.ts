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
  /** Given to the job beside its parameters. */
  files: JobFile[];
  /** Values of file parameters; where they are in the container is what the command ends with, in this order. */
  fileParameters: Record<string, JobFile>;
};

/** A UCloud path `/DRIVE/a/b`; without `mountPath` it is in `/work`. */
export type JobFile = { path: string; readOnly?: boolean; mountPath?: string };

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
    files: [],
    fileParameters: {},
    ...change,
  };
}

/** The body of a create, and with the same items that of a terminate. */
export function bulkOf(...jobs: BatchJob[]): string {
  return JSON.stringify({ items: jobs.map(ucloudJob) });
}

export function ucloudJob(job: BatchJob): unknown {
  const { id, createdAt, argv, image, product, timeAllocation, files, fileParameters } = job;
  const names = Object.keys(fileParameters);
  const variable = names.length === 0 ? [] : [{ type: "var", variableNames: names }];
  return withFields(recordedJob(), {
    id,
    createdAt,
    "specification.product": { ...product, provider: "example" },
    "specification.parameters": Object.fromEntries(names.map((name) => [name, fileValue(fileParameters[name])])),
    "specification.resources": files.length === 0 ? null : files.map(fileValue),
    "specification.timeAllocation": timeAllocation,
    [`${APPLICATION}.parameters`]: names.map((name) => ({ type: "input_file", name, optional: true })),
    [`${APPLICATION}.invocation`]: [...argv.map((word) => ({ type: "word", word })), ...variable],
    [`${APPLICATION}.tool.tool.description.image`]: image,
  });
}

/** Today's UCloud sends every key. */
function fileValue(file: JobFile | undefined): unknown {
  return { type: "file", path: "", readOnly: false, mountPath: "", ...file };
}
