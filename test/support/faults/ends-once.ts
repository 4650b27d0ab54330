/** A program that runs until it is told, brought to its end. */
import { expect } from "vitest";
import type { SiteJob } from "../site-job.ts";

export async function endsOnce(job: SiteJob): Promise<void> {
  await job.begins();
  job.end();
  await job.reaches("SUCCESS");
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
}
