/** What this machine has to give, by its settings and its kernel. */
import type { Machine } from "../capacity.ts";
import type { RunnerSettings } from "../settings.ts";
import { readCoreMap } from "./core-map.ts";
import type { DeviceDeps } from "./devices.ts";
import { gpusOf } from "./gpu.ts";

/** Cores that are promised twice are nobody's own. */
export async function findDevices(settings: RunnerSettings, machine: Machine, podmanUid: number): Promise<DeviceDeps> {
  const isShared = settings.overcommit.cpu > 1;
  const cores = isShared ? null : readCoreMap(machine.total.cpu, podmanUid);
  const unknown = cores === null ? "the kernel does not name its cores" : null;
  const whyNot = isShared ? "overcommit.cpu promises them more than once" : unknown;
  return { gpus: gpusOf(settings), cdi: await openFiles(settings), cores, whyNot };
}

/** A machine without GPUs does without a parser of their files, which would lie in its memory. */
async function openFiles(settings: RunnerSettings): Promise<DeviceDeps["cdi"]> {
  if (gpusOf(settings).length === 0) {
    return { troubles: () => new Map() };
  }
  const { CdiFiles } = await import("./cdi.ts");
  return new CdiFiles(settings["cdi-dirs"]);
}
