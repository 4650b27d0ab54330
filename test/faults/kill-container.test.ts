/** `kill -9` of a container's supervisor and of its program. */
import { expect, test } from "vitest";
import { faultSite } from "../support/faults/fault-site.ts";
import { aRunningJob } from "../support/faults/late-steps.ts";
import { killContainer } from "../support/podman-processes.ts";
import type { SiteJob } from "../support/site-job.ts";

const scene = faultSite();

async function isLost(job: SiteJob): Promise<void> {
  await job.reaches("FAILURE");
  expect(job.states()).toEqual(["RUNNING", "FAILURE"]);
  expect(job.lastText()).toMatch(/supervisor was killed|exit code is unknown/);
}

test("the supervisor, while the program runs: it is left to its end, which nobody can know", async () => {
  const one = await aRunningJob(scene());
  killContainer(scene().site.podman, one.id, "conmon");
  one.end();
  await isLost(one);
});

test("the supervisor and the program", async () => {
  const one = await aRunningJob(scene());
  killContainer(scene().site.podman, one.id, "both");
  await isLost(one);
});

test("the supervisor and the program, while the runner is down", async () => {
  const one = await aRunningJob(scene());
  await scene().runner.kill();
  killContainer(scene().site.podman, one.id, "both");
  await scene().runner.start();
  await isLost(one);
});

test("the program alone: its end is a signal's", async () => {
  const one = await aRunningJob(scene());
  killContainer(scene().site.podman, one.id, "program");
  await one.reaches("FAILURE");
  expect(one.lastText()).toMatch(/signal 9|137/);
});

test("the supervisor, and then the job is cancelled", async () => {
  const one = await aRunningJob(scene());
  killContainer(scene().site.podman, one.id, "conmon");
  await one.terminate();
  await one.reaches("SUCCESS", "FAILURE");
  expect(one.states()[0]).toBe("RUNNING");
});
