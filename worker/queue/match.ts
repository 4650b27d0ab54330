/**
 * Who is next, and where. The workspace that uses least now goes first, and within it the oldest job; a job that has
 * waited for long goes before all of them, and the runner that fits it best is held free for it, so that neither a busy
 * workspace nor small jobs starve anyone. Age helps a lane only while none of its jobs is on a machine: otherwise a
 * workspace that has brought a thousand jobs would get all the room as soon as they are old enough.
 */

import type { Capacity } from "../../shared/capacity.ts";
import { fits, isNothing, NO_RESOURCES, type Resources, subtractResources } from "../../shared/plan.ts";
import { MAX_JOBS_PER_RUNNER } from "../../shared/protocol.ts";
import { hasDrives, type Served } from "./drives.ts";
import { keptOff } from "./failed-start.ts";
import { type GpuRoom, hasFreeGpus, hasGpus, withoutGpus } from "./gpus.ts";
import type { Terms } from "./job.ts";
import { byAge, type Head } from "./lanes.ts";

export type Candidate = {
  id: string;
  total: Resources;
  free: Resources;
  gpuKind: string | null;
  gpuKinds?: GpuRoom;
  /** Absent: it gives jobs no network. */
  networks?: Capacity["networks"];
  drives: Served;
  /** What it is given must be over by then; absent: nothing is planned. */
  closesAtMs?: number;
  jobs: number;
  /** Part of what is not free is kept for another of its queues, which comes before us. */
  isHeldElsewhere?: boolean;
  /** The incarnation of the job that it was asked to keep room for. */
  heldFor?: string | null;
  /** It fails to start jobs: it gets one, and only what no other machine can take now. */
  isProbed?: boolean;
};

export type Pairing = { head: Head; runner: string };

/** `holds`: by runner, the job that is to have the room that comes free there. */
export type Matched = { pairings: Pairing[]; holds: ReadonlyMap<string, Head> };

const AGED_MS = 3_600_000;

type InUse = { byWorkspace: Map<string, number>; served: ReadonlySet<string> };

/**
 * One round, at most one job of each lane; in use are cores per workspace. It ends where a workspace that was
 * served may deserve its next job before the others: the caller reads the heads again until a round pairs nothing.
 */
export function match(heads: Head[], runners: Candidate[], inUse: InUse, nowMs: number): Matched {
  const round = new Round(runners, inUse.byWorkspace, nowMs);
  const isAged = ({ acceptedAtMs, lane }: Head) => nowMs - acceptedAtMs > AGED_MS && !inUse.served.has(lane);
  const byState = Map.groupBy(heads, isAged);
  for (const head of (byState.get(true) ?? []).sort(byAge)) {
    if (!round.pair(head)) {
      round.holdRunnerFor(head);
    }
  }
  // There may be thousands of them, and room for one: only those whose turn it is are put in order.
  const byUse = Map.groupBy(byState.get(false) ?? [], (head) => round.usedBy(head));
  for (const used of [...byUse.keys()].sort((one, other) => one - other)) {
    for (const head of byUse.get(used)?.sort(byAge) ?? []) {
      if (round.usedBy(head) > round.leastServed || !round.hasRoom()) {
        return round;
      }
      round.pair(head);
    }
  }
  return round;
}

class Round {
  readonly pairings: Pairing[] = [];
  readonly holds = new Map<string, Head>();
  /** What the least using workspace uses of those that got a job in this round. */
  leastServed = Number.POSITIVE_INFINITY;
  readonly #free: Map<string, Candidate>;
  readonly #used: Map<string, number>;
  readonly #nowMs: number;

  constructor(runners: Candidate[], usage: Map<string, number>, nowMs: number) {
    this.#free = new Map(runners.map((runner) => [runner.id, runner]));
    this.#used = new Map(usage);
    this.#nowMs = nowMs;
  }

  usedBy({ workspace }: Head): number {
    return this.#used.get(workspace) ?? 0;
  }

  hasRoom(): boolean {
    return [...this.#free.values()].some(isOpen);
  }

  pair(head: Head): boolean {
    const runner = bestFor(head, [...this.#free.values()], this.#nowMs);
    if (runner === null) {
      return false;
    }
    const free = head.isExclusive ? NO_RESOURCES : subtractResources(runner.free, head.resources);
    const used = this.usedBy(head) + head.resources.cpu;
    this.pairings.push({ head, runner: runner.id });
    if (runner.isProbed) {
      this.#free.delete(runner.id);
    } else {
      const { gpuKinds } = runner;
      const kinds = gpuKinds === undefined ? {} : { gpuKinds: withoutGpus(head, gpuKinds) };
      this.#free.set(runner.id, { ...runner, ...kinds, free, jobs: runner.jobs + 1 });
    }
    this.#used.set(head.workspace, used);
    this.leastServed = Math.min(this.leastServed, used);
    return true;
  }

  /**
   * Keeps a runner from smaller jobs until there is room: the one that was asked for it before, lest what came free there
   * be lost, else the one that lacks least. Where another queue has the hold the job waits for its turn, and smaller
   * ones go on.
   */
  holdRunnerFor(head: Head): void {
    const able = [...this.#free.values()].filter(
      (runner) => isAble(head, runner) && isOverInTime(head, runner) && !this.holds.has(runner.id),
    );
    const open = able.filter(({ isHeldElsewhere }) => !isHeldElsewhere);
    const choice = open.length > 0 ? open : able;
    const asked = choice.filter(({ heldFor }) => heldFor === head.incarnation);
    const held = least(soundOf(asked.length > 0 ? asked : choice), (runner) => lack(head, runner));
    if (held === null) {
      return;
    }
    this.holds.set(held.id, head);
    if (!held.isHeldElsewhere) {
      this.#free.delete(held.id);
    }
  }
}

/** For some job, perhaps. */
export function isOpen({ free }: Pick<Candidate, "free">): boolean {
  return free.cpu > 0 && free.memoryBytes > 0;
}

/** The runner with the least left over; one that failed to start the job only if no other has what it needs. */
function bestFor(head: Head, runners: Candidate[], nowMs: number): Candidate | null {
  const off = keptOff(head.failedStarts, nowMs);
  const able = runners.filter((runner) => isAble(head, runner));
  const others = able.filter(({ id }) => !off.has(id));
  const eligible = (others.length > 0 ? others : able).filter((runner) => hasRoom(head, runner));
  return least(soundOf(eligible), leftOver);
}

function hasRoom(head: Head, runner: Candidate): boolean {
  const { free, total, jobs } = runner;
  const isAlone = jobs === 0 && isNothing(subtractResources(total, free));
  const isFree = fits(head.resources, free) && jobs < MAX_JOBS_PER_RUNNER && (!head.isExclusive || isAlone);
  return isFree && hasFreeGpus(head, runner.gpuKinds) && isOverInTime(head, runner);
}

function isOverInTime({ endsByMs }: Head, { closesAtMs }: Candidate): boolean {
  return closesAtMs === undefined || endsByMs === undefined || endsByMs() <= closesAtMs;
}

/** Those that fail to start jobs only where there is no other. */
function soundOf(runners: Candidate[]): Candidate[] {
  const sound = runners.filter(({ isProbed }) => !isProbed);
  return sound.length > 0 ? sound : runners;
}

/** Whether the whole machine has what the job needs. */
function isAble(head: Head, runner: Candidate): boolean {
  const isBigEnough = fits(head.resources, runner.total) && hasGpus(head, runner);
  return isBigEnough && givesNetwork(runner, head) && hasDrives(runner.drives, head);
}

/** A job without a network asks for none. */
export function givesNetwork({ networks }: Pick<Capacity, "networks">, { network }: Pick<Terms, "network">): boolean {
  return network === undefined || (networks?.includes(network) ?? false);
}

function leftOver({ free }: Candidate): number {
  return free.gpu * 1_000_000 + free.cpu * 1_000 + free.memoryBytes / 2 ** 30;
}

/** A job that has its machine to itself needs all of it. */
function lack({ resources, isExclusive }: Head, { free, total }: Candidate): number {
  const need: Resources = isExclusive ? total : resources;
  const share = (wanted: number, has: number, whole: number) => (whole > 0 ? Math.max(0, wanted - has) / whole : 0);
  return (
    share(need.cpu, free.cpu, total.cpu) +
    share(need.memoryBytes, free.memoryBytes, total.memoryBytes) +
    share(need.gpu, free.gpu, total.gpu)
  );
}

function least(runners: Candidate[], measure: (runner: Candidate) => number): Candidate | null {
  let best: Candidate | null = null;
  for (const runner of runners) {
    if (best === null || measure(runner) < measure(best)) {
      best = runner;
    }
  }
  return best;
}
