/** The processes that a Podman service has left behind: its containers' supervisors and what they watch. */
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import type { PodmanService } from "./podman-service.ts";

/** Everything dies and the run state is gone, as when the machine restarts; Podman's service is up again. */
export async function rebootMachine(service: PodmanService): Promise<void> {
  await service.kill();
  killAll(service.folder);
  await eventually("all processes are gone", () => (processesOf(service.folder).length === 0 ? true : null));
  await rm(join(service.folder, "run"), { recursive: true, force: true });
  await rm(join(service.folder, "tmp"), { recursive: true, force: true });
  await service.restart();
}

/** `kill -9` of who watches the containers of a job, of what they run, or of both. */
export function killContainer({ folder }: PodmanService, jobId: string, which: "conmon" | "program" | "both"): void {
  const { supervisors, watched } = familyOf((arguments_) => {
    return arguments_.includes(folder) && arguments_.includes(`ucloud-${jobId}-`);
  });
  if (supervisors.length === 0) {
    throw new Error(`nobody watches a container of ${jobId}`);
  }
  for (const pid of [...(which === "program" ? [] : supervisors), ...(which === "conmon" ? [] : watched)]) {
    kill(pid);
  }
}

/** Supervisors first: who is left could write down how the others ended. */
export function killAll(folder: string): void {
  for (const pid of processesOf(folder)) {
    kill(pid);
  }
}

function processesOf(folder: string): number[] {
  const { supervisors, watched } = familyOf((arguments_) => arguments_.includes(folder));
  return [...supervisors, ...watched];
}

/** A supervisor names its container and the service's folder in its arguments; what it watches are its children. */
function familyOf(isOurs: (supervisorsArguments: string) => boolean): { supervisors: number[]; watched: number[] } {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const supervisors = pids.filter((pid) => {
    const isConmon = read(`/proc/${pid}/comm`).trim() === "conmon";
    return isConmon && isOurs(read(`/proc/${pid}/cmdline`));
  });
  const watched = pids.filter((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    return supervisors.includes(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "");
  });
  return { supervisors: supervisors.map(Number), watched: watched.map(Number) };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
