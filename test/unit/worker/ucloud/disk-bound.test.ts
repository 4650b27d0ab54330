/** What a machine type says of disk space becomes the bound of its jobs. */
import { expect, test } from "vitest";
import { parseJob } from "../../../../worker/ucloud/schema.ts";
import { translateJob } from "../../../../worker/ucloud/translate.ts";
import { recordedJob } from "../../../support/ucloud-requests.ts";
import { aProduct } from "./products.ts";

test.each([
  [0.5, 536_870_912],
  [10, 10_737_418_240],
  [null, undefined],
  [undefined, undefined],
])("of a product with diskInGigs %s a job may write %s bytes", (diskInGigs, bytes) => {
  const parsed = parseJob(recordedJob());
  const outcome = parsed.kind === "ok" ? translateJob(parsed.job, [aProduct({ diskInGigs })]) : parsed;
  expect(outcome.kind === "job" ? outcome.job.plan.diskBytes : outcome).toBe(bytes);
});
