/** The doctor tries drives on real Podman as the job's user, says what is wrong with them, and leaves nothing behind. */
import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Command } from "../../../runner/commands/command.ts";
import { readSettings } from "../../../runner/config.ts";
import { checkDrives } from "../../../runner/doctor-drives.ts";
import { JOB_USER } from "../../support/engine.ts";
import { askPodman, importTestImage, type PodmanService, startPodmanService } from "../../support/podman-service.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

let service: PodmanService;
const as = `${JOB_USER.uid}:${JOB_USER.gid}`;

beforeAll(async () => {
  service = await startPodmanService();
});
afterAll(() => service.stop());

function aCommand(drives: object): Command {
  const stateDir = aStateFolder();
  const settings = readSettings(stateDir, { "job-user": as, drives: JSON.stringify(drives) }, {});
  return { stateDir, settings, podmanSocket: service.socketPath, flags: {}, environment: {} };
}

function aFolder(name: string, mode: number, owner = 0): string {
  const folder = join(service.folder, name);
  mkdirSync(folder, { recursive: true });
  chownSync(folder, owner, owner);
  chmodSync(folder, mode);
  return folder;
}

test("each drive is tried for what it is to be used for", async () => {
  const shut = aFolder("shut", 0o700);
  const open = aFolder("open", 0o755);
  const own = aFolder("own", 0o700, JOB_USER.uid);
  const command = aCommand({ 1: { folder: shut }, 2: { folder: open }, 3: { folder: open, readOnly: true } });
  // Two drives of one folder are none; the read-only one has its own here.
  command.settings.drives["3"] = { folder: aFolder("read", 0o755), readOnly: true, umask: "0007" };
  command.settings.drives["*"] = { folder: aFolder("all", 0o755), readOnly: false, umask: "0007" };
  command.settings.drives["5"] = { folder: own, readOnly: false, umask: "0007" };
  aFolder("all/6", 0o700, JOB_USER.uid);
  expect(await checkDrives(command)).toMatchObject([{ ok: true, found: expect.stringContaining("no image") }]);
  await importTestImage(service);
  expect((await checkDrives(command)).map(({ ok, found }) => ({ ok, found }))).toEqual([
    { ok: false, found: `1: cannot be listed as ${as}` },
    { ok: false, found: `2: cannot be written as ${as}` },
    { ok: true, found: `3: usable as ${as}` },
    { ok: true, found: `5: usable as ${as}` },
    { ok: true, found: `6: usable as ${as}` },
  ]);
  expect([shut, open, own].flatMap((folder) => readdirSync(folder))).toEqual([]);
  expect((await askPodman(service.socketPath, "GET", "/containers/json?all=true")).body.trim()).toBe("[]");
});
