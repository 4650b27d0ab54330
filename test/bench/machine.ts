/** What the figures were measured on. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";

const PROJECT = new URL("../..", import.meta.url).pathname;

export type MachineFacts = Record<"cpu" | "memory" | "kernel" | "node" | "workerd" | "podman" | "commit", string>;

export function machineFacts(): MachineFacts {
  const processors = cpus();
  const workerd = JSON.parse(readFileSync(join(PROJECT, "node_modules/workerd/package.json"), "utf8"));
  return {
    cpu: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    node: process.version,
    workerd: String(workerd.version),
    podman: saying("podman", "--version"),
    commit: saying("git", "rev-parse", "--short", "HEAD"),
  };
}

function saying(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { cwd: PROJECT, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
