/** What the machine can still take, and whether an offer fits: sums over what it holds, no counters that could drift. */
import type { Failure } from "../shared/failure.ts";
import {
  addResources,
  fits,
  isNothing,
  type JobPlan,
  NO_RESOURCES,
  type Resources,
  subtractResources,
} from "../shared/plan.ts";
import { MAX_JOBS_PER_RUNNER } from "../shared/protocol.ts";
import { type Attempt, isUngranted } from "./attempt/record.ts";
import { type CoreMap, chooseCores } from "./devices/cores.ts";
import { type Gpu, isEnough, suitable } from "./devices/gpu.ts";
import { unacceptable } from "./plan-rules.ts";
import type { Hold } from "./room-holds.ts";

export type Machine = {
  /** What this runner gives to jobs. */
  total: Resources;
  gpuKind: string | null;
  arch: string;
  /** The real machine; what lies between it and `total` is left to others, such as a second runner. */
  physical?: Resources;
};

/** `exclusive`: it has the machine to itself. */
export type Held = {
  category: string;
  resources: Resources;
  gpus: string[];
  cores?: number[];
  exclusive?: boolean | undefined;
};

/** Containers with our labels that belong to another runner or state folder. */
export type Foreign = { resources: Resources; gpus: string[]; cores?: number[] };

export type Ledger = {
  machine: Machine;
  gpus: readonly Gpu[];
  /** Devices that no job gets, and why. */
  lost?: ReadonlyMap<string, string>;
  /** Null or absent: jobs are not pinned. */
  cores?: CoreMap | null;
  held: Held[];
  foreign: Foreign[];
  attempts: number;
  /** Room that is kept for a job of this category. */
  hold: Hold | null;
};

/** An attempt holds its share until it has ended and the machine is clean, or what is left of it has been removed. */
export function holdsResources(attempt: Attempt): boolean {
  const neverWill = attempt.settled !== "no" && isUngranted(attempt);
  return attempt.epilogDue || (attempt.outcome === null && !neverWill);
}

export function usedElsewhere(ledger: Ledger, category: string): Resources {
  const held = ledger.held.filter((one) => one.category !== category);
  const others = held.some(isExclusive) ? [ledger.machine.total] : held.map((one) => one.resources);
  return sum([...others, foreignShare(ledger), keptFrom(ledger, category)]);
}

/** Room that another category waits for; what is free of it counts as taken, however much that is now. */
function keptFrom({ hold }: Ledger, category: string): Resources {
  return hold === null || hold.category === category ? NO_RESOURCES : hold.need;
}

/** Foreign jobs count only as far as they do not fit beside what this runner gives. */
function foreignShare({ machine, foreign }: Ledger): Resources {
  const used = sum(foreign.map((other) => other.resources));
  const beside = subtractResources(machine.physical ?? machine.total, machine.total);
  return {
    cpu: Math.max(0, used.cpu - Math.max(0, beside.cpu)),
    memoryBytes: Math.max(0, used.memoryBytes - Math.max(0, beside.memoryBytes)),
    gpu: Math.max(0, used.gpu - Math.max(0, beside.gpu)),
  };
}

/** `cores`: none where the job is not pinned. */
export type Admission = { ok: true; gpus: string[]; cores: number[] } | { ok: false; failure: Failure };

/** Whether the plan fits now, on which GPUs and on which cores. What can never fit this machine is the job's side. */
export function admit(plan: JobPlan, ledger: Ledger): Admission {
  const need = plan.resources;
  const objection = unacceptable(plan);
  if (objection !== null) {
    return refused(objection);
  }
  const ofKind = suitable(ledger.gpus, plan);
  if (plan.gpuKind !== null && ofKind.length === 0) {
    return refused({ code: "not_supported", detail: "GPU kind" });
  }
  if (!fits(need, ledger.machine.total) || !isEnough(ledger.gpus, plan)) {
    return refused({ code: "not_supported", detail: "size" });
  }
  const kept = keptFrom(ledger, plan.product.category);
  const used = sum([...ledger.held.map((held) => held.resources), foreignShare(ledger), kept]);
  const isShut = plan.exclusive ? !isNothing(used) : ledger.held.some(isExclusive);
  if (ledger.attempts >= MAX_JOBS_PER_RUNNER || isShut || !fits(need, subtractResources(ledger.machine.total, used))) {
    return refused({ code: "no_room" });
  }
  const taken = takenGpus(ledger);
  const free = ofKind.map(({ name }) => name).filter((name) => !taken.has(name));
  const given = free.filter((name) => ledger.lost?.has(name) !== true);
  if (free.length - (need.gpu > 0 ? keptGpus(ledger, plan) : 0) < need.gpu) {
    return refused({ code: "no_room" });
  }
  if (given.length < need.gpu) {
    return refused({ code: "gpu_failed" });
  }
  return { ok: true, gpus: given.slice(0, need.gpu), cores: coresFor(need.cpu, ledger) };
}

export function takenGpus({ held, foreign }: Ledger): Set<string> {
  return new Set([...held, ...foreign].flatMap((holder) => holder.gpus));
}

/** Of one kind, for a job of another category. */
export function keptGpus({ hold }: Ledger, of: { product: { category: string }; gpuKind: string | null }): number {
  return hold === null || hold.category === of.product.category || (hold.gpuKind ?? of.gpuKind) !== of.gpuKind
    ? 0
    : hold.need.gpu;
}

/** Part of a core cannot be a job's own. Where too few are left the job runs on all. */
function coresFor(cpu: number, { cores, held, foreign }: Ledger): number[] {
  const taken = new Set([...held, ...foreign].flatMap((holder) => holder.cores ?? []));
  return cores && Number.isInteger(cpu) ? (chooseCores(cpu, cores, taken) ?? []) : [];
}

function isExclusive({ exclusive = false }: Held): boolean {
  return exclusive;
}

function refused(failure: Failure): Admission {
  return { ok: false, failure };
}

function sum(resources: Resources[]): Resources {
  return resources.reduce(addResources, NO_RESOURCES);
}
