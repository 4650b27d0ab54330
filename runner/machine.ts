/** What of this machine jobs may have. More than there is is refused: limits that add up to more protect nobody. */
import type { Resources } from "../shared/plan.ts";
import type { Machine } from "./capacity.ts";
import { gpusOf, kindsOf } from "./devices/gpu.ts";
import type { RunnerSettings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

export type Hardware = { cpus: number; memoryBytes: number; arch: string };

const ARCHITECTURES: Record<string, string> = { x64: "amd64", arm64: "arm64" };
const MIN_RESERVE_BYTES = 2 ** 30;
const RESERVED_SHARE = 0.03;

type Asked = Pick<RunnerSettings, "cpu" | "memory" | "gpus" | "gpu-kind" | "reserve" | "overcommit">;

/** @throws UsageError naming the setting that asks for more than there is. */
export function machineOf(asked: Asked, { cpus, memoryBytes, arch }: Hardware): Machine {
  const reserve = asked.reserve ?? Math.ceil(Math.max(MIN_RESERVE_BYTES, memoryBytes * RESERVED_SHARE));
  const cpuLimit = cpus * asked.overcommit.cpu;
  const memoryLimit = memoryBytes - reserve;
  if (memoryLimit <= 0) {
    throw new UsageError(`reserve: ${reserve} bytes are more than the machine's memory`);
  }
  if (asked.cpu !== undefined && asked.cpu > cpuLimit) {
    throw new UsageError(`cpu: the machine has ${cpus}; only overcommit.cpu allows more`);
  }
  if (asked.memory !== undefined && asked.memory > memoryLimit) {
    throw new UsageError(`memory: the machine has ${memoryLimit} bytes beside the reserve`);
  }
  const gpus = gpusOf(asked);
  const gpu = gpus.length;
  if (new Set(gpus.map(({ name }) => name)).size !== gpu) {
    throw new UsageError("gpus: a device is listed twice");
  }
  if (!Array.isArray(asked.gpus) && asked["gpu-kind"] !== undefined) {
    throw new UsageError("gpu-kind: gpus says the kind of each already");
  }
  const kinds = kindsOf(gpus);
  const [kind = null] = kinds;
  const total: Resources = { cpu: asked.cpu ?? cpuLimit, memoryBytes: asked.memory ?? memoryLimit, gpu };
  return {
    total,
    gpuKind: kinds.length === 1 ? kind : null,
    arch: ARCHITECTURES[arch] ?? arch,
    physical: { cpu: cpuLimit, memoryBytes: memoryLimit, gpu },
  };
}
