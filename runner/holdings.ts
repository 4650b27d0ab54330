/** The attempts this node holds, and the sums over them. */
import { type Ref, refName } from "../shared/ids.ts";
import type { Inventory } from "../shared/protocol.ts";
import type { Execution } from "./attempt/execution.ts";
import { type Foreign, type Held, holdsResources, type Ledger, type Machine } from "./capacity.ts";
import type { Devices } from "./devices/devices.ts";
import type { RoomHolds } from "./room-holds.ts";

export class Holdings {
  foreign: Foreign[] = [];
  readonly #machine: Machine;
  readonly #devices: Pick<Devices, "gpus" | "lost" | "cores">;
  readonly #rooms: Pick<RoomHolds, "granted">;
  readonly #executions = new Map<string, Execution>();
  #waiting: (() => void)[] = [];

  constructor(machine: Machine, devices: Pick<Devices, "gpus" | "lost" | "cores">, rooms: Pick<RoomHolds, "granted">) {
    this.#rooms = rooms;
    this.#machine = machine;
    this.#devices = devices;
  }

  add(execution: Execution): void {
    this.#executions.set(refName(execution.attempt.ref), execution);
  }

  remove(ref: Ref): void {
    this.#executions.delete(refName(ref));
    if (this.#executions.size === 0) {
      for (const resolve of this.#waiting.splice(0)) {
        resolve();
      }
    }
  }

  get(ref: Ref): Execution | null {
    return this.#executions.get(refName(ref)) ?? null;
  }

  all(): Execution[] {
    return [...this.#executions.values()];
  }

  of(category: string): Execution[] {
    return this.all().filter((execution) => execution.attempt.category === category);
  }

  /** Other attempts of the same rank of the same job, of whatever incarnation. */
  siblings(ref: Ref): Execution[] {
    return this.all().filter(({ attempt }) => attempt.ref.job === ref.job && attempt.ref.rank === ref.rank);
  }

  /** Any attempt of this incarnation of the job. */
  holds({ job, incarnation }: Pick<Ref, "job" | "incarnation">): boolean {
    return this.all().some(({ attempt: { ref } }) => ref.job === job && ref.incarnation === incarnation);
  }

  names(): Set<string> {
    return new Set(this.#executions.keys());
  }

  ledger(): Ledger {
    const held: Held[] = this.all()
      .filter(({ attempt }) => holdsResources(attempt))
      .map(({ attempt }) => ({
        category: attempt.category,
        resources: attempt.terms.resources,
        gpus: attempt.gpus,
        cores: attempt.cores,
        exclusive: attempt.terms.exclusive,
      }));
    const attempts = this.#executions.size;
    const { foreign } = this;
    const { gpus, lost } = this.#devices;
    const cores = this.#devices.cores();
    return { machine: this.#machine, gpus, lost, cores, held, foreign, attempts, hold: this.#rooms.granted };
  }

  /** Names and ids of the images that attempts are going to use, or do. */
  images(): Set<string> {
    return new Set(this.all().flatMap(({ view: { image } }) => (image === null ? [] : [image.name, image.id])));
  }

  /** For `hello`. What is being forgotten is not named: the gateway has settled it. */
  inventory(category: string): Inventory {
    return this.of(category)
      .filter(({ attempt }) => attempt.settled === "no")
      .map((execution) => ({ ref: execution.attempt.ref, phase: execution.phase() }));
  }

  /** Resolves when nothing is held any more. */
  async empty(): Promise<void> {
    if (this.#executions.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
