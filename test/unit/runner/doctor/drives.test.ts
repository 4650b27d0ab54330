/** What the doctor says of drives without a Podman; with one it is tried on a real one. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkDrives } from "../../../../runner/doctor/drives.ts";
import { anExamination } from "../../../support/runner/doctor.ts";
import { aStateFolder } from "../../../support/runner/state-folder.ts";

function lookAt(drives: object, stateDir = aStateFolder()) {
  return checkDrives(anExamination({ settings: { drives: JSON.stringify(drives) }, stateDir }));
}

test("none is a choice", async () => {
  expect(await lookAt({})).toEqual([{ ok: true, found: "none, as set", advice: "" }]);
});

test("a folder that is missing is a finding; what Podman cannot show is left out without one", async () => {
  const folder = aStateFolder();
  mkdirSync(join(folder, "there"));
  expect(await lookAt({ "7": { folder: join(folder, "there") }, "8": { folder: join(folder, "none") } })).toMatchObject(
    [
      { ok: false, found: `8: ${join(folder, "none")}: there is no such folder` },
      { ok: true, skipped: true, found: "not tried from a container: there is none" },
    ],
  );
});

test("a drive where none may lie is named by its setting", async () => {
  const stateDir = aStateFolder();
  expect(await lookAt({ "7": { folder: stateDir } }, stateDir)).toMatchObject([
    { ok: false, found: "drives.7.folder: it lies in the state folder or contains it" },
  ]);
});
