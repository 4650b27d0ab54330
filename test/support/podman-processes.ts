/** The processes that a Podman service has left behind: its containers' supervisors and what they watch. */
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import type { PodmanService } from "./podman-service.ts";

/** Everything dies and the run state is gone, as when the machine restarts; Podman's service is up again. */
export async function rebootMachine(service: PodmanService): Promise<void> {
  await service.kill();
  const pids = processesOf(service.folder);
  for (const pid of pids) {
    kill(pid);
  }
  await eventually("all processes are gone", () => (processesOf(service.folder).length === 0 ? true : null));
  await rm(join(service.folder, "run"), { recursive: true, force: true });
  await rm(join(service.folder, "tmp"), { recursive: true, force: true });
  await service.restart();
}

/** A supervisor names the service's folder in its arguments; what it watches are its children. */
function processesOf(folder: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const supervisors = pids.filter((pid) => {
    const isConmon = read(`/proc/${pid}/comm`).trim() === "conmon";
    return isConmon && read(`/proc/${pid}/cmdline`).includes(folder);
  });
  const watched = pids.filter((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    return supervisors.includes(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "");
  });
  return [...supervisors, ...watched].map(Number);
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
