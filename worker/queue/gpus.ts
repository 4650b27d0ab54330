/** Whether a machine has the GPUs that a job wants, and has them free: of several kinds each is counted on its own. */
import type { Capacity } from "../../shared/capacity.ts";
import { number } from "./columns.ts";
import type { Terms } from "./job.ts";
import type { Sql } from "./ports.ts";

type Wish = Pick<Terms, "resources" | "gpuKind">;
/** Absent where the machine has one kind at most: its room says it all. */
export type GpuRoom = { kind: string | null; total: number; free: number }[];

type Kinds = { gpuKind: string | null; gpuKinds?: readonly { kind: string | null; total: number }[] | undefined };

/** One that names no kind gets none where there are several: nobody could say which. */
export function hasGpus({ resources, gpuKind }: Wish, has: Kinds): boolean {
  if (has.gpuKinds === undefined) {
    return gpuKind === null || gpuKind === has.gpuKind;
  }
  const total = has.gpuKinds.find(({ kind }) => kind === gpuKind)?.total ?? 0;
  return gpuKind === null ? resources.gpu === 0 : total >= Math.max(1, resources.gpu);
}

export function hasFreeGpus({ resources, gpuKind }: Wish, room: GpuRoom | undefined): boolean {
  return room === undefined || resources.gpu <= (room.find(({ kind }) => kind === gpuKind)?.free ?? 0);
}

export function withoutGpus({ resources, gpuKind }: Wish, room: GpuRoom): GpuRoom {
  return room.map((one) => (one.kind === gpuKind ? { ...one, free: one.free - resources.gpu } : one));
}

/** Asked of machines with several kinds alone: jobs on a machine are few. */
export function gpuRoomOf(sql: Sql, { id, capacity }: { id: string; capacity: Capacity }): GpuRoom | undefined {
  return capacity.gpuKinds?.map(({ kind, total, elsewhere }) => {
    const [row] = sql.rows("SELECT SUM(gpu) AS used FROM job WHERE runner = ? AND gpu_kind IS ?", id, kind);
    return { kind, total, free: total - elsewhere - number(row ?? {}, "used") };
  });
}
