/** A site with one real node: the shipped runner as one file, on real Podman, at a gateway on bare workerd. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { importTestImage, type PodmanService, startPodmanService } from "../support/podman-service.ts";
import { RunnerProcess } from "../support/runner-process.ts";
import { CATEGORY } from "../support/site.ts";
import { BenchGateway, type Entry } from "./gateway.ts";
import type { Conditions } from "./row.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
export const NODE = join(PROJECT, "node_modules/.bin/node");

export type BenchSite = { gateway: BenchGateway; podman: PodmanService; runner: RunnerProcess };

/** `slots`: jobs that the runner takes at a time. It is welcomed. */
export async function startSite(conditions: Conditions, slots: number, entry?: Entry): Promise<BenchSite> {
  const gateway = await BenchGateway.start(conditions, entry);
  const podman = await startPodman(conditions);
  const runner = new RunnerProcess({
    ...{ stateDir: join(conditions.folder, "node-1"), podmanSocket: podman.socketPath },
    program: await buildRunner(conditions),
    flags: ["--min-free-disk", "0", "--cpu", String(slots), "--memory", `${slots}GiB`],
  });
  conditions.atEnd(() => runner.kill());
  await runner.enroll(gateway.url, await gateway.admin.enrollmentCode("node-1", [CATEGORY]));
  await runner.start();
  return { gateway, podman, runner };
}

export async function startPodman(conditions: Conditions): Promise<PodmanService> {
  const podman = await startPodmanService();
  conditions.atEnd(() => podman.stop());
  await importTestImage(podman);
  return podman;
}

/** As `npm run build` makes it. */
export async function buildRunner(conditions: Conditions): Promise<string> {
  const path = join(conditions.folder, "ucloud-runner.mjs");
  await promisify(execFile)(NODE, ["scripts/build.ts", path], { cwd: PROJECT });
  return path;
}
