/** Before the first test that starts a runner: the shipped file is made once, which starts five times as fast as the sources. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleRunner } from "../../scripts/package/bundle.ts";
import { RUNNER_PROGRAM } from "./runner-process.ts";

let folder = "";

/** vitest looks for these two names. The workers of the tests inherit the environment. */
export async function setup(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "ucloud-edge-runner-"));
  const program = join(folder, "ucloud-runner.mjs");
  await bundleRunner(program);
  process.env[RUNNER_PROGRAM] = program;
}

export async function teardown(): Promise<void> {
  await rm(folder, { recursive: true });
}
