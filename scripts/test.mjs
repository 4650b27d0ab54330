/**
 * `npm test`: installs what is missing, runs every test, and closes with one line, `N passed, N failed`. A test that
 * was skipped counts as failed: where Podman is missing nothing is proven. Arguments go to vitest, but `--with-faults`:
 * the demo's stories and the fault suite, some minutes more, are played too (`npm run test:faults`: it alone).
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { NODE, PROJECT, prepare, TEST_PACKAGES } from "./prepare.mjs";

const WITH_FAULTS = "--with-faults";
const given = process.argv.slice(2);
const leftOut =
  given.includes(WITH_FAULTS) || given.includes("--project") ? [] : ["--project=!faults", "--project=!stories"];
const REPORT = join(PROJECT, "test-results/vitest.json");

prepare(TEST_PACKAGES);
rmSync(REPORT, { force: true });
const { status } = spawnSync(
  NODE,
  [
    join(PROJECT, "node_modules/vitest/vitest.mjs"),
    ...["run", "--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`],
    ...leftOut,
    ...given.filter((one) => one !== WITH_FAULTS),
  ],
  { cwd: PROJECT, stdio: "inherit", env: { ...process.env, PATH: `${join(NODE, "..")}:${process.env.PATH}` } },
);

const { passed, failed } = count();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = status === 0 && failed === 0 && passed > 0 ? 0 : 1;

function count() {
  let report;
  try {
    report = JSON.parse(readFileSync(REPORT, "utf8"));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const files = report.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const passed = tests.filter((one) => one.status === "passed").length;
  for (const { status: how, fullName } of tests.filter((one) => one.status !== "passed")) {
    console.log(`${how}: ${fullName}`);
  }
  // A file that could not be loaded has no tests to count.
  const unloaded = files.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  const failed = tests.length - passed + unloaded;
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed };
}
