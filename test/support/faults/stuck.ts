/** A job that is held at a step of its life, for the tests that kill something there. */
import { expect } from "vitest";
import type { Stuck } from "../job-steps.ts";
import { endsOnce } from "./ends-once.ts";
import type { FaultSite } from "./fault-site.ts";

/** The step is reached, and the job is looked at after the test. */
export async function reach(scene: FaultSite, step: (scene: FaultSite) => Promise<Stuck>): Promise<Stuck> {
  const stuck = await step(scene);
  scene.note(stuck.job);
  return stuck;
}

/** It may have ended by now. */
export async function goesOnToItsEnd({ job }: Pick<Stuck, "job">): Promise<void> {
  if (job.states().at(-1) !== "SUCCESS") {
    await endsOnce(job);
  }
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  expect(job.lastText()).toBe("The job has finished processing!");
  expect(job.starts()).toBe(1);
}
