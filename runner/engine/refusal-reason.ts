/** Why Podman refused: it says 500 to everything, so what a container needs is looked at. */
import { access, stat, statfs } from "node:fs/promises";
import type { FailureCode } from "../../shared/failure.ts";
import { REAL_TIMERS, within } from "../timers.ts";
import type { ContainerOrder } from "./engine.ts";

/** Podman's own bookkeeping needs some room to write. */
const LEAST_FREE_BYTES = 16 * 1024 * 1024;
/** A drive that hangs is the reason. */
const LOOK_MS = 5_000;

type Needed = Pick<ContainerOrder, "workFolder" | "drives">;

export async function reasonNotCreated(order: Needed, graphRoot: string): Promise<FailureCode> {
  const looked = await within(REAL_TIMERS, LOOK_MS, areFoldersThere(order));
  return looked.in === "time" && looked.value ? reasonRefused(graphRoot) : "mount_failed";
}

export async function reasonRefused(graphRoot: string): Promise<FailureCode> {
  const disk = await statfs(graphRoot).catch(() => null);
  return disk !== null && disk.bavail * disk.bsize < LEAST_FREE_BYTES ? "disk_full" : "podman_failed";
}

async function areFoldersThere({ workFolder, drives }: Needed): Promise<boolean> {
  const folder = await stat(workFolder).catch(() => null);
  const sources = (drives?.mounts ?? []).map(({ source }) => access(source));
  const allThere = (await Promise.allSettled(sources)).every(({ status }) => status === "fulfilled");
  return (folder?.isDirectory() ?? false) && allThere;
}
