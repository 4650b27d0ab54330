/** A GPU that jobs may have, by its CDI name, and of which kind it is. */
import type { Resources } from "../../shared/plan.ts";

export type Gpu = { name: string; kind: string | null };

/** A list, whose devices are all of one kind, or the kind of each. */
export type GpuSettings = { gpus: string[] | Record<string, string>; "gpu-kind"?: string | undefined };

export function gpusOf({ gpus, "gpu-kind": kind = "" }: GpuSettings): Gpu[] {
  const kinds = Array.isArray(gpus) ? gpus.map((name): [string, string] => [name, kind]) : Object.entries(gpus);
  return kinds.map(([name, one]) => ({ name, kind: one || null }));
}

/** Each once; null stands for devices whose kind nobody has said. */
export function kindsOf(gpus: readonly Gpu[]): (string | null)[] {
  return [...new Set(gpus.map(({ kind }) => kind))];
}

/** Those that the job may have. One that names no kind takes any, where there is but one. */
export function suitable(gpus: readonly Gpu[], { gpuKind }: { gpuKind: string | null }): readonly Gpu[] {
  if (gpuKind !== null) {
    return gpus.filter(({ kind }) => kind === gpuKind);
  }
  return kindsOf(gpus).length > 1 ? [] : gpus;
}

export function isEnough(
  gpus: readonly Gpu[],
  { resources, gpuKind }: { resources: Resources; gpuKind: string | null },
) {
  const given = suitable(gpus, { gpuKind }).length;
  return given >= resources.gpu && (gpuKind === null || given > 0);
}
