/**
 * What the queues are told of this node's room. A report wakes a queue, so it is sent only when it says something new:
 * it closed or opened, another category takes more or less, or room came free after an offer was refused for want of it.
 */

import type { Capacity, ServedDrive } from "../shared/capacity.ts";
import { addResources, fits, NO_RESOURCES, type Resources } from "../shared/plan.ts";
import { type Machine, usedElsewhere } from "./capacity.ts";
import { givenGpus, gpuFields } from "./devices/shown-gpus.ts";
import type { Holdings } from "./holdings.ts";
import type { Link } from "./link.ts";

export type Closed = Capacity["closed"];
/** What it has beside room. */
type Serves = {
  networks(): string[];
  drives(): ServedDrive[];
  /** By its own operator's plan. */
  closesAtMs(): number | null;
  nowMs(): number;
};
export type Room = { capacity: Capacity; usedElsewhere: Resources; heldElsewhere?: true; closesInMs?: number };

export class Reports {
  readonly #machine: Machine;
  readonly #holdings: Holdings;
  readonly #closed: () => Closed;
  readonly #serves: Serves;
  readonly #told = new Map<string, string>();
  /** Per category, what was held when an offer was refused as busy. */
  readonly #refused = new Map<string, { held: Resources; attempts: number }>();

  constructor(machine: Machine, holdings: Holdings, closed: () => Closed, serves: Serves) {
    this.#machine = machine;
    this.#holdings = holdings;
    this.#closed = closed;
    this.#serves = serves;
  }

  room(category: string): Room {
    const { total, gpuKind } = this.#machine;
    const ledger = this.#holdings.ledger();
    const isHeld = ledger.hold !== null && ledger.hold.category !== category;
    const served = { networks: this.#serves.networks(), drives: this.#serves.drives() };
    const networks = served.networks.length > 0 ? { networks: served.networks } : {};
    const drives = served.drives.length > 0 ? { drives: served.drives } : {};
    return {
      capacity: {
        ...{ total: { ...total, gpu: givenGpus(ledger).length }, gpuKind },
        ...{ ...gpuFields(ledger, category), ...networks, ...drives, closed: this.#closed() },
      },
      usedElsewhere: usedElsewhere(ledger, category),
      ...(isHeld ? { heldElsewhere: true } : {}),
      ...this.#closes(),
    };
  }

  #closes(): Pick<Room, "closesInMs"> {
    const inMs = (this.#serves.closesAtMs() ?? 0) - this.#serves.nowMs();
    return inMs > 0 ? { closesInMs: inMs } : {};
  }

  /** The time that is left is no news, the moment is. */
  #news(room: Room): string {
    const closesAtMs = room.closesInMs === undefined ? null : this.#serves.closesAtMs();
    return JSON.stringify({ ...room, closesInMs: closesAtMs });
  }

  /** The room as it travels in `hello` or `refuse`. */
  tell(category: string): Room {
    const room = this.room(category);
    this.#told.set(category, this.#news(room));
    return room;
  }

  refusedBusy(category: string): void {
    this.#refused.set(category, this.#held());
  }

  /** Sends what is new. */
  update(links: Iterable<Link>): void {
    for (const link of links) {
      const room = this.room(link.category);
      const news = this.#told.get(link.category) !== this.#news(room) || this.#cameFree(link.category);
      if (news && link.send({ type: "capacity", ...room })) {
        this.tell(link.category);
        this.#refused.delete(link.category);
      }
    }
  }

  #cameFree(category: string): boolean {
    const before = this.#refused.get(category);
    const now = this.#held();
    return before !== undefined && (now.attempts < before.attempts || !fits(before.held, now.held));
  }

  #held(): { held: Resources; attempts: number } {
    const { held, attempts } = this.#holdings.ledger();
    return { held: held.map((one) => one.resources).reduce(addResources, NO_RESOURCES), attempts };
  }
}
