/** `kill -9` of a container's supervisor and of its program. */
import { expect, test } from "vitest";
import { faultSite } from "../support/faults/fault-site.ts";
import { running } from "../support/job-steps.ts";
import { killContainer } from "../support/podman-processes.ts";

const scene = faultSite();

const LOST_TEXT = /supervisor was killed|exit code is unknown/;

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
