/**
 * What reaches the gateway from UCloud: creates with the few ids that there are, whether their answers were stored,
 * terminations, and jobs that UCloud forgets.
 */
import type { NewJob } from "../../../worker/queue/api.ts";
import { aPlan } from "../engine.ts";
import type { CoreModel } from "./core-model.ts";
import type { Dice } from "./dice.ts";
import { mountsOf } from "./files.ts";
import { CATEGORY, type GatewayModel } from "./gateway-model.ts";

const OWNER = { createdBy: "user", project: null };
/** UCloud's own patience with a create. */
const PATIENCE_MS = 5_000;
const MAX_SILENCE_MS = 300_000;
const WALL_MS = 3_600_000;
const MAX_WALL_MS = 10 * WALL_MS;

type Answering = { id: string; createdAt: number; untilMs: number };
type Sides = { dice: Dice; core: CoreModel; gateway: GatewayModel };

export class Users {
  #answering: Answering[] = [];
  readonly #dice: Dice;
  readonly #core: CoreModel;
  readonly #gateway: GatewayModel;

  constructor({ dice, core, gateway }: Sides) {
    this.#dice = dice;
    this.#core = core;
    this.#gateway = gateway;
  }

  create(): void {
    const id = String(1 + this.#dice.below(3));
    const known = this.#core.jobs.get(id);
    if (known === undefined || isOver(known.state)) {
      this.#createAs(id);
    } else if (!known.stored) {
      // UCloud repeats a create that was answered 503.
      this.#ask(() => this.#gateway.queue.create([newJob(id, known.createdAt)], null));
    }
  }

  /** UCloud was put back to a backup and gives an id away whose job still lives here. */
  reuse(): void {
    const job = this.#dice.pick([...this.#core.jobs.values()]);
    if (job?.stored) {
      this.#createAs(job.id);
    }
  }

  #createAs(id: string): void {
    this.#answering = this.#answering.filter((one) => one.id !== id);
    // UCloud gives an id away again after hours, never while a request about it is under way.
    for (const pending of this.#core.pending.splice(0)) {
      pending.apply();
    }
    this.#gateway.nowMs += 1;
    const createdAt = this.#gateway.nowMs;
    this.#core.jobs.set(id, {
      id,
      createdAt,
      owner: OWNER,
      product: { id: "small", category: CATEGORY },
      state: "IN_QUEUE",
      states: [],
      stored: false,
      allocatedMs: WALL_MS,
      outputFolder: null,
    });
    let isTaken = false;
    this.#ask(() => {
      isTaken = this.#gateway.queue.create([newJob(id, createdAt)], null).kind === "stored";
    });
    if (!isTaken) {
      // Answered 500, or no runner has said yet that it has the drive: its user reads that it failed.
      this.#core.jobs.delete(id);
      return;
    }
    this.#answering.push({ id, createdAt, untilMs: createdAt + PATIENCE_MS });
  }

  /** False: the call failed, as its user is told. */
  #ask(call: () => void): boolean {
    return this.#gateway.unlessRefused(call);
  }

  /** The create's answer arrives, or UCloud gives the job up; the gateway may or may not see its answer leave. */
  answerOne(): void {
    const one = this.#answering.shift();
    const job = one && this.#core.jobs.get(one.id);
    if (one === undefined || job === undefined || job.createdAt !== one.createdAt) {
      return;
    }
    if (this.#dice.chance(0.1)) {
      this.#core.jobs.delete(one.id);
      return;
    }
    job.stored = true;
    if (this.#dice.chance(0.8)) {
      this.#ask(() => this.#gateway.queue.answered([{ id: one.id, createdAt: one.createdAt, owner: OWNER }]));
    }
  }

  answerAll(): void {
    while (this.#answering.length > 0) {
      this.answerOne();
    }
  }

  /** UCloud's patience ends. */
  answerDue(): void {
    while (this.#answering.some(({ untilMs }) => untilMs <= this.#gateway.nowMs)) {
      this.answerOne();
    }
  }

  terminate(): void {
    const job = this.#dice.pick([...this.#core.jobs.values()]);
    if (job?.stored) {
      this.#ask(() =>
        this.#gateway.queue.terminate([{ id: job.id, createdAt: job.createdAt, owner: OWNER, productId: "small" }]),
      );
    }
  }

  /** Some minutes more, as UCloud asks for it: its own figure and the user's. */
  extend(): void {
    const job = this.#dice.pick([...this.#core.jobs.values()]);
    if (job?.stored) {
      const requestedMs = 60_000 * (1 + this.#dice.below(3));
      const { id, createdAt, allocatedMs } = job;
      this.#ask(() => this.#gateway.queue.extend([{ id, createdAt, owner: OWNER, allocatedMs, requestedMs }]));
    }
  }

  suspend(): void {
    const job = this.#dice.pick([...this.#core.jobs.values()]);
    if (job?.stored) {
      const { id, createdAt } = job;
      const wanted = this.#dice.chance(0.6);
      this.#ask(() => this.#gateway.queue.suspend([{ id, createdAt, owner: OWNER }], wanted));
    }
  }

  forget(): void {
    const job = this.#dice.pick([...this.#core.jobs.keys()]);
    if (job !== undefined) {
      this.#core.jobs.delete(job);
    }
  }
}

function newJob(id: string, createdAt: number): NewJob {
  const plan = aPlan({
    wallMs: WALL_MS,
    maxSilenceMs: MAX_SILENCE_MS,
    resources: { cpu: 1, memoryBytes: 2 ** 30, gpu: 0 },
    mounts: mountsOf(id),
  });
  return { id, createdAt, owner: OWNER, productId: "small", plan, maxWallMs: MAX_WALL_MS };
}

export function isOver(state: string): boolean {
  return !["IN_QUEUE", "RUNNING", "SUSPENDED"].includes(state);
}
