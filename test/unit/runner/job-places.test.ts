/** Where jobs may leave their files, as the settings say and the disk has it. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPlaces } from "../../../runner/job-places.ts";
import { settingsSchema } from "../../../runner/settings.ts";
import { UsageError } from "../../../runner/usage-error.ts";

let base: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "ucloud-places-")));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const open = (given: object = {}) => openPlaces(join(base, "state"), settingsSchema.parse(given));

test("without a setting jobs lie in the state folder, closed to others", async () => {
  expect(await open()).toEqual({ jobsDir: join(base, "state", "jobs"), jobsBelow: [], driveFolders: {} });
  expect(statSync(join(base, "state", "jobs")).mode & 0o777).toBe(0o750);
});

test("the fixed part of a template is made for all to pass, whatever the umask", async () => {
  const before = process.umask(0o077);
  const places = await open({ "jobs-dir": join(base, "a", "b", "{user}") }).finally(() => process.umask(before));
  expect(places).toMatchObject({ jobsDir: join(base, "a", "b"), jobsBelow: ["{user}"] });
  expect(["a", "a/b"].map((path) => statSync(join(base, path)).mode & 0o777)).toEqual([0o755, 0o755]);
});

test("links in the settings are resolved once; a drive that is not there shows nothing", async () => {
  mkdirSync(join(base, "data"));
  symlinkSync(join(base, "data"), join(base, "link"));
  const drives = { "88": { folder: join(base, "link"), workspaces: ["user:a"] }, "89": { folder: join(base, "none") } };
  const places = await open({ "jobs-dir": join(base, "link", "jobs"), drives });
  expect(places.jobsDir).toBe(join(base, "data", "jobs"));
  expect(places.driveFolders).toEqual({ "88": { folder: join(base, "data"), workspaces: ["user:a"] } });
});

test.each([
  ["a template", { "jobs-dir": "data/jobs/{user}" }],
  ["jobs in a drive", { "jobs-dir": "data/jobs", drives: { "88": { folder: "data" } } }],
])("%s where others could swap a folder for a link is refused", async (_, given) => {
  mkdirSync(join(base, "data"));
  chmodSync(join(base, "data"), 0o777);
  const drives = "drives" in given ? { "88": { folder: join(base, "data") } } : {};
  const opening = open({ "jobs-dir": join(base, given["jobs-dir"]), drives });
  await expect(opening).rejects.toBeInstanceOf(UsageError);
  await expect(opening).rejects.toThrow(`jobs-dir: ${join(base, "data")} belongs to`);
});

test("a folder that cannot be made is refused, naming the setting", async () => {
  writeFileSync(join(base, "file"), "");
  const opening = open({ "jobs-dir": join(base, "file", "{user}") });
  await expect(opening).rejects.toThrow(/^jobs-dir: .*\/file cannot be made \(EEXIST\)/);
});
