/** The doctor as a test calls it: no Podman, no registry, and a user for jobs, unless the test says otherwise. */
import type { Command } from "../../../runner/commands/command.ts";
import { readSettings } from "../../../runner/config.ts";
import { runChecks } from "../../../runner/doctor/checks.ts";
import { Examination } from "../../../runner/doctor/examination.ts";
import type { Finding } from "../../../runner/doctor/finding.ts";
import { writeIdentity } from "../../../runner/identity.ts";
import { anIdentity } from "./connection-under-test.ts";
import { aStateFolder } from "./state-folder.ts";

type Given = { settings?: Record<string, string>; flags?: Record<string, string>; stateDir?: string };

export function aCommand({ settings = {}, flags = {}, stateDir = aStateFolder() }: Given = {}): Command {
  const given = { "job-user": "1000:1000", "default-registry": "none", ...settings };
  return {
    ...{ stateDir, flags, environment: {} },
    settings: readSettings(stateDir, given, {}),
    podmanSocket: "/nowhere/podman.sock",
  };
}

/** A folder that is enrolled at this gateway. */
export function enrolledAt(gateway: string): string {
  const folder = aStateFolder();
  writeIdentity(folder, anIdentity(gateway));
  return folder;
}

export function anExamination(given: Given = {}): Examination {
  return new Examination(aCommand(given), new AbortController().signal);
}

export function examine(given: Given = {}): Promise<Finding[]> {
  return runChecks(aCommand(given), new AbortController().signal);
}
