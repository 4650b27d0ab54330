/** What the doctor says of drives without a Podman; with one it is tried on a real one. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Command } from "../../../runner/commands/command.ts";
import { readSettings } from "../../../runner/config.ts";
import { checkDrives } from "../../../runner/doctor-drives.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

function aCommand(drives: object, stateDir = aStateFolder()): Command {
  const settings = readSettings(stateDir, { "job-user": "1000:1000", drives: JSON.stringify(drives) }, {});
  return { stateDir, settings, podmanSocket: "/nowhere/podman.sock", flags: {}, environment: {} };
}

test("nothing where there are none", async () => {
  expect(await checkDrives(aCommand({}))).toEqual([]);
});

test("a folder that is missing is a finding; what Podman cannot show is left out without one", async () => {
  const folder = aStateFolder();
  mkdirSync(join(folder, "there"));
  const command = aCommand({ "7": { folder: join(folder, "there") }, "8": { folder: join(folder, "none") } });
  expect(await checkDrives(command)).toMatchObject([
    { ok: false, found: `8: ${join(folder, "none")}: there is no such folder` },
    { ok: true, found: "not tried from a container: Podman has no image with a shell" },
  ]);
});

test("a drive where none may lie is named by its setting", async () => {
  const stateDir = aStateFolder();
  const command = aCommand({ "7": { folder: stateDir } }, stateDir);
  expect(await checkDrives(command)).toMatchObject([
    { ok: false, found: "drives.7.folder: it lies in the state folder or contains it" },
  ]);
});
