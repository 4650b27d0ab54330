/**
 * A site in virtual time whose machines serve two queues, by the runner's own rules of room: what it admits, what it
 * shows to each queue, and for whom it keeps what comes free. A job that ends is told to its own queue first.
 */
import { admit, type Held, type Ledger, usedElsewhere } from "../../../runner/capacity.ts";
import { RoomHolds } from "../../../runner/room-holds.ts";
import type { Ref } from "../../../shared/ids.ts";
import type { GatewayFrame } from "../../../shared/protocol.ts";
import type { Order, Start } from "./busy-site.ts";
import { CORES } from "./busy-site.ts";
import { aJob } from "./new-job.ts";
import type { QueueUnderTest } from "./queue-under-test.ts";
import { aCapacity, anExit, aRunner, STARTED, type TestRunner } from "./test-runner.ts";

export const CATEGORIES = ["a", "b"] as const;
export type Category = (typeof CATEGORIES)[number];

type Running = { category: Category; machine: Machine; ref: Ref; held: Held; endsAtMs: number };
type Machine = {
  rooms: RoomHolds;
  held: Held[];
  lines: Record<Category, { runner: TestRunner; heard: number; told: string }>;
};

export class SharedSite {
  readonly queues: Record<Category, QueueUnderTest>;
  readonly starts: Start[] = [];
  readonly #orders = new Map<string, Order>();
  readonly #machines: Machine[] = [];
  #running: Running[] = [];

  constructor(queues: Record<Category, QueueUnderTest>) {
    this.queues = queues;
  }

  static async open(queues: Record<Category, QueueUnderTest>, machines: number): Promise<SharedSite> {
    const site = new SharedSite(queues);
    for (let index = 1; index <= machines; index++) {
      const lineTo = async (category: Category) => ({
        runner: await aRunner(queues[category], { id: `r-${index}`, instance: `${index}`.repeat(16), cpu: CORES }),
        ...{ heard: 0, told: "" },
      });
      // No job lasts as long as a hold may.
      const rooms = new RoomHolds({ after: () => () => {} }, () => {});
      site.#machines.push({ rooms, held: [], lines: { a: await lineTo("a"), b: await lineTo("b") } });
    }
    return site;
  }

  get nowMs(): number {
    return this.queues.a.nowMs;
  }

  async post(category: Category, order: Order): Promise<string> {
    const id = String(this.#orders.size + 1);
    this.#orders.set(id, order);
    const { workspace, cpu, exclusive = false } = order;
    const product = { name: `of-${cpu}`, category };
    const plan = { workspace, product, exclusive };
    this.queues[category].create(aJob({ id, cpu, productId: product.name, plan }));
    await this.#settle();
    return id;
  }

  /** Time goes on to the next end of a job, at most so far; returns whose job it was. */
  async untilNextEnd(mostMs: number): Promise<{ category: Category; workspace: string } | null> {
    const next = this.#running.toSorted((one, other) => one.endsAtMs - other.endsAtMs)[0];
    const ms = Math.max(0, Math.min(next === undefined ? mostMs : next.endsAtMs - this.nowMs, mostMs));
    await this.queues.a.pass(ms);
    await this.queues.b.pass(ms);
    await this.#settle();
    if (next === undefined || next.endsAtMs > this.nowMs) {
      return null;
    }
    const { category, machine, ref, held } = next;
    this.#running = this.#running.filter((one) => one !== next);
    machine.held = machine.held.filter((one) => one !== held);
    await machine.lines[category].runner.fact(ref, anExit());
    await this.#report(machine);
    await this.#settle();
    return { category, workspace: this.#orders.get(ref.job)?.workspace ?? "" };
  }

  startOf(id: string): Start | undefined {
    return this.starts.find((start) => start.id === id);
  }

  async #settle(): Promise<void> {
    for (let isNew = true; isNew; ) {
      isNew = false;
      for (const machine of this.#machines) {
        for (const category of CATEGORIES) {
          const line = machine.lines[category];
          const frames = line.runner.line.frames.slice(line.heard);
          line.heard += frames.length;
          isNew ||= frames.length > 0;
          for (const frame of frames) {
            await this.#hear(machine, category, frame);
          }
        }
        isNew = (await this.#report(machine)) || isNew;
      }
    }
  }

  async #hear(machine: Machine, category: Category, frame: GatewayFrame): Promise<void> {
    if (frame.type === "hold") {
      machine.rooms.ask(category, frame.need);
    }
    if (frame.type === "offer") {
      await this.#answer(machine, category, frame);
    }
  }

  async #answer(machine: Machine, category: Category, offer: Extract<GatewayFrame, { type: "offer" }>): Promise<void> {
    const { ref, plan } = offer;
    const { runner } = machine.lines[category];
    const admission = admit(plan, ledgerOf(machine));
    if (!admission.ok) {
      machine.rooms.end(category);
      await runner.refuse(ref, admission.failure);
      return;
    }
    const held: Held = { category, resources: plan.resources, gpus: [], exclusive: plan.exclusive };
    machine.held.push(held);
    machine.rooms.end(category);
    await runner.accept(ref, true);
    await runner.fact(ref, STARTED);
    const { workspace = "", cpu = 0, lastsMs = 0 } = this.#orders.get(ref.job) ?? {};
    if (machine.held.length > 1 && machine.held.some(({ exclusive }) => exclusive)) {
      throw new Error(`job ${ref.job} is not alone on its machine`);
    }
    this.starts.push({ id: ref.job, workspace, cpu, atMs: this.nowMs });
    this.#running.push({ category, machine, ref, held, endsAtMs: this.nowMs + lastsMs });
  }

  /** To each queue what is new. */
  async #report(machine: Machine): Promise<boolean> {
    let isNew = false;
    for (const category of CATEGORIES) {
      const line = machine.lines[category];
      const { granted } = machine.rooms;
      const elsewhere = usedElsewhere(ledgerOf(machine), category);
      const told = JSON.stringify([elsewhere, granted?.category]);
      if (told !== line.told) {
        line.told = told;
        line.runner.usedElsewhere = elsewhere;
        line.runner.heldElsewhere = granted !== null && granted.category !== category;
        await line.runner.report();
        isNew = true;
      }
    }
    return isNew;
  }
}

function ledgerOf({ held, rooms }: Machine): Ledger {
  const machine = { total: aCapacity({ cpu: CORES }).total, gpuKind: null, arch: "x64" };
  return { machine, gpus: [], held, foreign: [], attempts: held.length, hold: rooms.granted };
}
