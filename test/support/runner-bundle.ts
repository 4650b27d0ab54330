/** Before the first test that starts a runner: the shipped file is made once, which starts five times as fast as the sources. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleRunner } from "../../scripts/package/bundle.ts";
import { RUNNER_PROGRAM } from "./runner-process.ts";

/** What it returns takes it away. */
export default async function makeRunner(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "ucloud-edge-runner-"));
  const program = join(folder, "ucloud-runner.mjs");
  await bundleRunner(program);
  // The workers of the tests inherit it.
  process.env[RUNNER_PROGRAM] = program;
  return () => rm(folder, { recursive: true });
}
