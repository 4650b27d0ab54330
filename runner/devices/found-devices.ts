/** What this machine has to give, by its settings and its kernel. */
import type { Machine } from "../capacity.ts";
import type { RunnerSettings } from "../settings.ts";
import { readCoreMap } from "./core-map.ts";
import type { DeviceDeps } from "./devices.ts";
import { gpusOf } from "./gpu.ts";

const NO_FILES: DeviceDeps["cdi"] = { troubles: () => new Map() };

/** Cores that are promised twice are nobody's own. */
export async function findDevices(settings: RunnerSettings, machine: Machine, podmanUid: number): Promise<DeviceDeps> {
  const isShared = settings.overcommit.cpu > 1;
  const cores = isShared ? null : readCoreMap(machine.total.cpu, podmanUid);
  const unknown = cores === null ? "the kernel does not name its cores" : null;
  const whyNot = isShared ? "overcommit.cpu promises them more than once" : unknown;
  const gpus = gpusOf(settings);
  return { gpus, cdi: gpus.length > 0 ? await openFiles(settings["cdi-dirs"]) : NO_FILES, cores, whyNot };
}

/** Loaded here: a machine without GPUs does without a parser of their files, which would lie in its memory. */
async function openFiles(folders: readonly string[]): Promise<DeviceDeps["cdi"]> {
  const { CdiFiles } = await import("./cdi.ts");
  return new CdiFiles(folders);
}
