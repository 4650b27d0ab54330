/**
 * The command as an operator calls it, from the one file that is installed on a node, with nothing beside it: exit codes,
 * and one sentence where it refuses.
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { writeIdentity } from "../../../runner/identity.ts";
import { SETTING_NAMES } from "../../../runner/settings.ts";
import { lockStateFolder } from "../../../runner/state-lock.ts";
import { VERSION } from "../../../runner/version.ts";
import { callNode, type Ended, PROJECT } from "../../support/runner/cli.ts";
import { anIdentity } from "../../support/runner/connection-under-test.ts";
import { aStateFolder } from "../../support/runner/state-folder.ts";

const NOWHERE = "http://127.0.0.1:1";
vi.setConfig({ testTimeout: 30_000 });

const BUNDLE = join(PROJECT, "dist/ucloud-runner.mjs");
/** Alone in its folder, where no package can be found by accident. */
const INSTALLED = mkdtempSync(join(tmpdir(), "ucloud-installed-"));
const PROGRAM = join(INSTALLED, "ucloud-runner.mjs");

beforeAll(async () => {
  expect(await callNode(["scripts/build.ts"])).toMatchObject({ code: 0, stdout: "dist/ucloud-runner.mjs\n" });
  copyFileSync(BUNDLE, PROGRAM);
}, 60_000);
afterAll(() => rmSync(INSTALLED, { recursive: true }));

function callRunner(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  return callNode([PROGRAM, ...args], environment);
}

test("the build makes one executable file, which answers as the checkout does", async () => {
  expect(statSync(BUNDLE).mode & 0o111).toBe(0o111);
  const answer = { code: 0, stdout: `${VERSION}\n`, stderr: "" };
  expect(await callRunner(["--version"])).toEqual(answer);
  expect(await callNode(["runner/cli.ts", "--version"])).toEqual(answer);
});

test("the doctor runs everywhere, changes nothing and says what is missing", async () => {
  const folder = aStateFolder();
  const flags = ["--json", "--state-dir", folder, "--podman-socket", "/nowhere/podman.sock"];
  const { code, stdout } = await callRunner(["doctor", ...flags]);
  expect(code).toBe(2);
  const findings: { check: string; ok: boolean }[] = JSON.parse(stdout);
  const failed = findings.filter(({ ok }) => !ok).map(({ check }) => check);
  expect(failed).toEqual(expect.arrayContaining(["enrolled", "podman"]));
  expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(["machine", "job-user", "disk"]));
  expect(readdirSync(folder)).toEqual([]);
});

test.each([["--help"], ["help"]])("%s names every verb and every setting", async (...args) => {
  const { code, stdout } = await callRunner(args);
  expect(code).toBe(0);
  for (const word of ["enroll", "start", "status", "drain", "doctor", "--state-dir", ...SETTING_NAMES]) {
    expect(stdout).toContain(word);
  }
});

test.each([
  ["enroll", "--replace"],
  ["status", "--json"],
  ["doctor", "not enrolled, or no gateway"],
])("%s has a page of its own, also behind help", async (verb, said) => {
  const page = await callRunner([verb, "--help"]);
  expect(page).toMatchObject({ code: 0, stdout: expect.stringContaining(said), stderr: "" });
  expect(page.stdout).toMatch(new RegExp(`^ucloud-runner ${verb}: `));
  expect(await callRunner(["help", verb])).toEqual(page);
});

test.each([
  ["no verb", [], "which verb?"],
  ["an unknown verb", ["begin", "--state-dir", "/nowhere"], "there is no verb begin"],
  ["a verb that every object has", ["constructor", "--state-dir", "/nowhere"], "there is no verb constructor"],
  ["an unknown flag", ["status", "--colour=secret-value"], "--colour"],
  ["a flag without its value", ["enroll", "--code"], "--code"],
  ["a value where there is none", ["start", "--allow-root=secret-value"], "--allow-root"],
  ["no state folder", ["status"], "--state-dir DIR is missing"],
  ["an empty state folder", ["status", "--state-dir", ""], "--state-dir DIR is missing"],
  ["words beside the flags", ["enroll", "secret-value", "--state-dir", "/nowhere"], "enroll takes nothing but flags"],
  ["a wrong setting", ["status", "--state-dir", "/nowhere", "--cpu", "secret-value"], "cpu: has a wrong value"],
  ["no gateway to enrol at", ["enroll", "--state-dir", "/nowhere", "--code", "secret-value"], "--gateway URL"],
  ["an empty code", ["enroll", "--state-dir", "/nowhere", "--gateway", NOWHERE, "--code", ""], "--code CODE"],
])("%s is a usage error that quotes no value", async (_, args, said) => {
  const { code, stdout, stderr } = await callRunner(args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(said);
  expect(stderr).not.toContain("secret-value");
  expect(stderr).not.toContain("    at ");
});

test("the state folder may be named by the environment", async () => {
  const folder = aStateFolder();
  const { code, stdout } = await callRunner(["status"], { UCLOUD_RUNNER_STATE_DIR: folder });
  expect([code, stdout]).toEqual([2, `no runner works in ${folder}\n`]);
});

test("start in a folder that is not enrolled is a usage error and leaves nothing behind", async () => {
  const folder = aStateFolder();
  const { code, stderr } = await callRunner(["start", "--state-dir", folder]);
  expect(code).toBe(2);
  expect(stderr).toContain("is not enrolled");
  expect(readdirSync(folder)).toEqual([]);
});

test("a second start on a folder exits with 1 and a sentence", async () => {
  const folder = aStateFolder();
  writeIdentity(folder, anIdentity(NOWHERE));
  const lock = lockStateFolder(folder);
  const { code, stderr } = await callRunner(["start", "--state-dir", folder]);
  lock.release();
  expect([code, stderr]).toEqual([1, `another runner works in ${folder}\n`]);
});

test.each(["status", "drain"])("%s without a runner is 2", async (verb) => {
  const { code, stdout, stderr } = await callRunner([verb, "--state-dir", join(aStateFolder(), "nowhere")]);
  expect(code).toBe(2);
  expect(stdout + stderr).toContain("no runner works in");
});

test("status --json without a runner says null", async () => {
  expect(await callRunner(["status", "--json", "--state-dir", aStateFolder()])).toMatchObject({
    code: 2,
    stdout: "null\n",
  });
});

test("enrolling where nobody answers is 1, and the code stays unsaid", async () => {
  const folder = aStateFolder();
  const flags = ["--gateway", NOWHERE, "--code", "secret-value", "--state-dir", folder];
  const { code, stdout, stderr } = await callRunner(["enroll", ...flags]);
  expect(code).toBe(1);
  expect(stderr).toContain(`${NOWHERE}/runner/v1/enroll: the gateway does not answer (ECONNREFUSED)`);
  expect(stdout + stderr).not.toContain("secret-value");
  expect(existsSync(join(folder, "identity.json"))).toBe(false);
});

test("a second enrolment without --replace is 2", async () => {
  const folder = aStateFolder();
  writeIdentity(folder, anIdentity(NOWHERE));
  const { code, stderr } = await callRunner(["enroll", "--gateway", NOWHERE, "--code", "x", "--state-dir", folder]);
  expect(code).toBe(2);
  expect(stderr).toContain("--replace");
});

test("a setting in the folder's config file that is not known is 2", async () => {
  const folder = aStateFolder();
  writeFileSync(join(folder, "config.json"), '{"memroy":"1GiB"}');
  const { code, stderr } = await callRunner(["start", "--state-dir", folder]);
  expect([code, stderr]).toEqual([2, "memroy: there is no such setting\n"]);
});
