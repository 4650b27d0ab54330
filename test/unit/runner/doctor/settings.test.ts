/** Whether the machine can be what the settings say, and where there is room. */
import { mkdtempSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { checkDisk, checkStateFolder } from "../../../../runner/doctor/disk.ts";
import { checkPodman } from "../../../../runner/doctor/podman.ts";
import { checkJobsDir, checkMachine, checkUser } from "../../../../runner/doctor/settings.ts";
import { anExamination } from "../../../support/runner/doctor.ts";

test("Podman that does not answer: how to start it", async () => {
  expect(await checkPodman(anExamination())).toMatchObject([
    {
      ok: false,
      found: "no answer at /nowhere/podman.sock",
      advice: expect.stringContaining("podman.socket"),
    },
  ]);
});

test.each([
  [checkMachine, { cpu: "100000" }, "cpu: "],
  [checkMachine, { memory: "1000TiB" }, "memory: "],
  [checkUser, { "job-user": "0:0" }, "job-user: "],
  [checkJobsDir, { "jobs-dir": "/tmp/{nobody}" }, "jobs-dir: "],
  [checkDisk, { "min-free-disk": "1000000TiB" }, ""],
])("%o: what cannot be as the settings %j say is named", async (check, settings, found) => {
  const [bad] = await check(anExamination({ settings }));
  expect(bad).toMatchObject({ ok: false, found: expect.stringContaining(found) });
  expect(bad?.advice).not.toBe("");
});

test("settings that fit are told as what jobs get", async () => {
  const settings = { cpu: "1", memory: "100MiB", reserve: "0", "min-free-disk": "0" };
  const examination = anExamination({ settings });
  expect(await checkMachine(examination)).toEqual([
    { ok: true, found: "1 cores, 0.1 GiB, 0 GPUs for jobs", advice: "" },
  ]);
  expect(await checkUser(examination)).toEqual([{ ok: true, found: "1000:1000", advice: "" }]);
  expect(await checkDisk(examination)).toMatchObject([{ ok: true, found: expect.stringContaining("(jobs, state)") }]);
});

test("where jobs can fill the state folder the doctor says so, and nothing is wrong", async () => {
  expect(await checkStateFolder(anExamination())).toMatchObject([
    {
      ok: true,
      found: expect.stringContaining("shares its file system with jobs"),
      advice: expect.stringContaining("the journal's room"),
    },
  ]);
});

test("a state folder with a file system of its own is well, and both are measured", async () => {
  const elsewhere = mkdtempSync("/dev/shm/ucloud-jobs-");
  const examination = anExamination({ settings: { "jobs-dir": elsewhere, "min-free-disk": "0" } });
  expect(await checkStateFolder(examination)).toMatchObject([{ ok: true, advice: "" }]);
  expect(await checkDisk(examination)).toHaveLength(2);
  rmSync(elsewhere, { recursive: true });
});
