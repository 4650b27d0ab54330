/**
 * Whether a container is set up and waits for its start. Podman notes a start only after the OCI runtime has begun the
 * program, so its own word for this state says nothing: the process does, which is the runtime itself until then.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path/posix";
import type { Inspected } from "./podman-facts.ts";
import { namesContainer, readProcess } from "./process-proof.ts";

const RUNTIMES = ["runc", "crun", "youki"];

/** Names the process for as long as it lives, however often its number is used again; null: nothing waits there. */
export async function waitingProcess({ Id, State }: Inspected): Promise<string | null> {
  const pid = State.Pid ?? 0;
  if (State.Status !== "initialized" || pid <= 0) {
    return null;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const trace = await readProcess(pid);
  if (trace === null || !isRuntime(command) || !namesContainer(trace.cgroup, Id)) {
    return null;
  }
  return `${pid}@${trace.stat.slice(trace.stat.lastIndexOf(")") + 2).split(" ")[19]}`;
}

/** Pure. Once begun, it is the init process that we asked for, and its own command line says so. */
export function isRuntime(commandLine: string): boolean {
  return RUNTIMES.includes(basename(commandLine.split("\0")[0] ?? ""));
}
