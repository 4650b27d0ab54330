/** Whether this machine can be what the settings say. Looks and makes nothing: a folder that is missing is made at the start. */
import { existsSync, realpathSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { requireOwnWay } from "../job-places.ts";
import { getent, jobUserOf } from "../job-user.ts";
import { parseJobsDir } from "../jobs-dir.ts";
import { machineOf } from "../machine.ts";
import { podmanUser } from "../podman-socket.ts";
import type { Examination } from "./examination.ts";
import { bad, type Found, good } from "./finding.ts";

export async function checkMachine({ command: { settings } }: Examination): Promise<Found[]> {
  return guarded(() => {
    const hardware = { cpus: availableParallelism(), memoryBytes: totalmem(), arch: process.arch };
    const { total } = machineOf(settings, hardware);
    return `${total.cpu} cores, ${(total.memoryBytes / 2 ** 30).toFixed(1)} GiB, ${total.gpu} GPUs for jobs`;
  });
}

export async function checkUser({ command: { settings, podmanSocket } }: Examination): Promise<Found[]> {
  return guarded(async () => {
    const { uid, gid } = await jobUserOf(settings["job-user"], podmanUser(podmanSocket) !== 0, getent);
    return `${uid}:${gid}`;
  });
}

export async function checkJobsDir({ command: { settings, stateDir } }: Examination): Promise<Found[]> {
  return guarded(async () => {
    const { base, below } = parseJobsDir(settings["jobs-dir"] ?? join(stateDir, "jobs"));
    if (below.length > 0 && existsSync(base)) {
      await requireOwnWay(realpathSync(base));
    }
    return [base, ...below].join("/");
  });
}

async function guarded(look: () => string | Promise<string>): Promise<Found[]> {
  try {
    return [good(await look())];
  } catch (error) {
    if (error instanceof Error) {
      return [bad(error.message, "Change the setting in the config file.")];
    }
    throw error;
  }
}
