/**
 * `kill -9` of the runner, with its journal or without it, of Podman's service and of the gateway, at the steps of a
 * job's life that node-crash and gateway-crash do not have; and of a container's supervisor and program.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type FaultSite, faultSite } from "../support/faults/fault-site.ts";
import { LATE_STEPS } from "../support/faults/late-steps.ts";
import { running, STEPS, type Stuck } from "../support/job-steps.ts";
import { killContainer } from "../support/podman-processes.ts";

const scene = faultSite();

const LATE = Object.entries(LATE_STEPS);
/** Those in which the runner has something of the job. */
const EARLY = Object.entries(STEPS).filter(([step]) => step !== "queued");

/** Those in which the program began before the kill. */
const BEGAN = /began|running|ended|started|told|acknowledged|removed/;

async function killRunner({ runner }: FaultSite, stuck: Stuck, { journal }: { journal: "kept" | "lost" }) {
  await runner.kill();
  if (journal === "lost") {
    for (const name of readdirSync(runner.stateDir).filter((one) => one.startsWith("journal"))) {
      rmSync(join(runner.stateDir, name));
    }
  }
  stuck.release();
  await runner.start();
}

async function endsOnce({ job }: Stuck): Promise<void> {
  if (job.states().at(-1) !== "SUCCESS") {
    await job.begins();
    job.end();
    await job.reaches("SUCCESS");
  }
  expect(job.states()).toEqual(["RUNNING", "SUCCESS"]);
  expect(job.lastText()).toBe("The job has finished processing!");
  expect(job.starts()).toBe(1);
}

/** Without a journal nobody can prove that what was granted, and has left no container, never began. */
async function endsOrIsGivenUp({ job }: Stuck): Promise<void> {
  const isGivenUp = () => job.states().includes("FAILURE");
  await eventually("it begins or is given up", () => isGivenUp() || job.starts() > 0 || null);
  if (!isGivenUp()) {
    await endsOnce({ job, release: () => {} });
    return;
  }
  expect([job.states(), job.starts()]).toEqual([["FAILURE"], 0]);
  expect(job.lastText()).toMatch(/does not know it any more/);
}

async function reach(step: (scene: FaultSite) => Promise<Stuck>): Promise<Stuck> {
  const stuck = await step(scene());
  scene().note(stuck.job);
  return stuck;
}

describe("the runner", () => {
  test.each(LATE)("while the job is %s", async (_step, step) => {
    const stuck = await reach(step);
    await killRunner(scene(), stuck, { journal: "kept" });
    await endsOnce(stuck);
  });
});

describe("the runner, whose journal is lost", () => {
  test.each([...EARLY, ...LATE])("while the job is %s", async (step, reachIt) => {
    const stuck = await reach(reachIt);
    await killRunner(scene(), stuck, { journal: "lost" });
    await (BEGAN.test(step) ? endsOnce(stuck) : endsOrIsGivenUp(stuck));
  });
});

describe("Podman's service", () => {
  test.each(LATE)("while the job is %s", async (_step, step) => {
    const stuck = await reach(step);
    await scene().site.podman.kill();
    scene().gate.cut();
    await scene().site.podman.restart();
    stuck.release();
    await endsOnce(stuck);
  });
});

describe("the gateway", () => {
  test.each(LATE)("while the job is %s", async (_step, step) => {
    const stuck = await reach(step);
    await scene().site.gateway.kill();
    await scene().site.gateway.start();
    stuck.release();
    await endsOnce(stuck);
  });
});

const LOST_TEXT = /supervisor was killed|exit code is unknown/;

describe("a container's processes", () => {
  test("the supervisor, while the program runs: it is left to its end, which nobody can know", async () => {
    const one = scene().note(await running(scene().site));
    killContainer(scene().site.podman, one.id, "conmon");
    one.end();
    await one.reaches("FAILURE");
    expect(one.states()).toEqual(["RUNNING", "FAILURE"]);
    expect(one.lastText()).toMatch(LOST_TEXT);
  });

  test("the supervisor and the program", async () => {
    const one = scene().note(await running(scene().site));
    killContainer(scene().site.podman, one.id, "both");
    await one.reaches("FAILURE");
    expect(one.states()).toEqual(["RUNNING", "FAILURE"]);
    expect(one.lastText()).toMatch(LOST_TEXT);
  });

  test("the supervisor and the program, while the runner is down", async () => {
    const one = scene().note(await running(scene().site));
    await scene().runner.kill();
    killContainer(scene().site.podman, one.id, "both");
    await scene().runner.start();
    await one.reaches("FAILURE");
    expect(one.states()).toEqual(["RUNNING", "FAILURE"]);
    expect(one.lastText()).toMatch(LOST_TEXT);
  });

  test("the program alone: its end is a signal's", async () => {
    const one = scene().note(await running(scene().site));
    killContainer(scene().site.podman, one.id, "program");
    await one.reaches("FAILURE");
    expect(one.lastText()).toMatch(/signal 9|137/);
  });

  test("the supervisor, and then the job is cancelled", async () => {
    const one = scene().note(await running(scene().site));
    killContainer(scene().site.podman, one.id, "conmon");
    await one.terminate();
    await one.reaches("SUCCESS", "FAILURE");
    expect(one.states()[0]).toBe("RUNNING");
  });
});
