/** `doctor` as an operator reads it: a word before each line, and below it what to do. */
import { expect, onTestFinished, test, vi } from "vitest";
import { doctor } from "../../../../runner/commands/doctor.ts";
import { aCommand } from "../../../support/runner/doctor.ts";

test("each line begins with its mark; a failure and a note say below it what to do", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  const listeners = process.listenerCount("SIGTERM");
  const command = aCommand({ settings: { "job-user": "0:0" } });
  expect(await doctor(command)).toBe(2);
  const told = log.mock.calls.flat();
  expect(told).toContain("skip  proxy: not tried without name");
  expect(told).toContain(
    "FAIL  job-user: job-user: jobs do not run as root\n      Change the setting in the config file.",
  );
  expect(told).toContainEqual(expect.stringMatching(/^note {2}state-folder: .*\n {6}A job that fills it/));
  expect(told).toContain("ok    drives: none, as set");
  expect(process.listenerCount("SIGTERM")).toBe(listeners);
});
