/** What a queue is told of the machine's GPUs. */
import type { Capacity } from "../../shared/capacity.ts";
import { keptGpus, type Ledger, takenGpus } from "../capacity.ts";
import { type Gpu, kindsOf } from "./gpu.ts";

/** A lost one that a job has counts until that job has ended: it is used, and no other stands for it. */
export function givenGpus(ledger: Ledger): Gpu[] {
  const taken = takenGpus(ledger);
  return ledger.gpus.filter(({ name }) => taken.has(name) || ledger.lost?.has(name) !== true);
}

export function gpuFields(ledger: Ledger, category: string): Pick<Capacity, "gpuKinds" | "lostGpus"> {
  const kinds = kindsOf(ledger.gpus);
  const lostGpus = [...(ledger.lost ?? [])].map(([name, why]) => ({
    name: name.slice(0, 200),
    why: why.slice(0, 400),
  }));
  return {
    ...(kinds.length > 1 ? { gpuKinds: kinds.map((kind) => ofKind(kind, ledger, category)) } : {}),
    ...(lostGpus.length > 0 ? { lostGpus } : {}),
  };
}

function ofKind(kind: string | null, ledger: Ledger, category: string) {
  const given = givenGpus(ledger).filter((gpu) => gpu.kind === kind);
  const others = takenGpus({ ...ledger, held: ledger.held.filter((held) => held.category !== category) });
  const used = given.filter(({ name }) => others.has(name)).length;
  const isShut = ledger.held.some((held) => held.exclusive && held.category !== category);
  const kept = keptGpus(ledger, { product: { category }, gpuKind: kind });
  return { kind, total: given.length, elsewhere: isShut ? given.length : used + kept };
}
