/** `kill -9` of Podman's service and of the gateway, at the steps of a job's life that node-crash and gateway-crash do not have. */
import { describe, test } from "vitest";
import { faultSite } from "../support/faults/fault-site.ts";
import { LATE_STEPS } from "../support/faults/late-steps.ts";
import { goesOnToItsEnd, reach } from "../support/faults/stuck.ts";

const scene = faultSite();

const LATE = Object.entries(LATE_STEPS);

describe("Podman's service", () => {
  test.each(LATE)("while the job is %s", async (_step, step) => {
    const stuck = await reach(scene(), step);
    await scene().site.podman.kill();
    scene().gate.cut();
    await scene().site.podman.restart();
    stuck.release();
    await goesOnToItsEnd(stuck);
  });
});

describe("the gateway", () => {
  test.each(LATE)("while the job is %s", async (_step, step) => {
    const stuck = await reach(scene(), step);
    await scene().site.gateway.kill();
    await scene().site.gateway.start();
    stuck.release();
    await goesOnToItsEnd(stuck);
  });
});
