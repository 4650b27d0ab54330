/** `kill -9` of the runner at the steps of a job's life that node-crash does not have. */
import { test } from "vitest";
import { faultSite } from "../support/faults/fault-site.ts";
import { LATE_STEPS } from "../support/faults/late-steps.ts";
import { goesOnToItsEnd, reach } from "../support/faults/stuck.ts";

const scene = faultSite();

test.each(Object.entries(LATE_STEPS))("while the job is %s", async (_step, step) => {
  const stuck = await reach(scene(), step);
  await scene().runner.kill();
  stuck.release();
  await scene().runner.start();
  await goesOnToItsEnd(stuck);
});
