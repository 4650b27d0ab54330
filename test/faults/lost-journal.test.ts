/** `kill -9` of a runner whose journal is lost then, at every step of a job's life at which it has something of it. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { faultSite } from "../support/faults/fault-site.ts";
import { LATE_STEPS } from "../support/faults/late-steps.ts";
import { goesOnToItsEnd, reach } from "../support/faults/stuck.ts";
import { STEPS, type Stuck } from "../support/job-steps.ts";

const scene = faultSite();

const HELD = Object.entries({ ...STEPS, ...LATE_STEPS }).filter(([step]) => step !== "queued");

/** Those in which the program began before the kill. */
const BEGAN = /began|running|ended|started|told|acknowledged|removed/;

/** Without a journal nobody can prove that what was granted, and has left no container, never began. */
async function endsOrIsGivenUp({ job }: Stuck): Promise<void> {
  const isGivenUp = () => job.states().includes("FAILURE");
  await eventually("it begins or is given up", () => isGivenUp() || job.starts() > 0 || null);
  if (!isGivenUp()) {
    await goesOnToItsEnd({ job });
    return;
  }
  expect([job.states(), job.starts()]).toEqual([["FAILURE"], 0]);
  expect(job.lastText()).toMatch(/does not know it any more/);
}

test.each(HELD)("while the job is %s", async (name, step) => {
  const stuck = await reach(scene(), step);
  const { runner } = scene();
  await runner.kill();
  for (const file of readdirSync(runner.stateDir).filter((one) => one.startsWith("journal"))) {
    rmSync(join(runner.stateDir, file));
  }
  stuck.release();
  await runner.start();
  await (BEGAN.test(name) ? goesOnToItsEnd(stuck) : endsOrIsGivenUp(stuck));
});
