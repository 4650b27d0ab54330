/**
 * A site in virtual time whose machines do nothing but take what the real queue gives them, for as long as each job
 * lasts. It notes every start, in order.
 */
import type { Ref } from "../../../shared/ids.ts";
import { aJob } from "./new-job.ts";
import type { QueueUnderTest } from "./queue-under-test.ts";
import { anExit, aRunner, STARTED, type TestRunner } from "./test-runner.ts";

export const CORES = 4;

/** `exclusive`: it wants a machine to itself. */
export type Order = { workspace: string; cpu: number; lastsMs: number; exclusive?: boolean };
export type Start = { id: string; workspace: string; cpu: number; atMs: number };
type Running = { runner: TestRunner; ref: Ref; endsAtMs: number };

export class BusySite {
  readonly queue: QueueUnderTest;
  readonly starts: Start[] = [];
  readonly #orders = new Map<string, Order>();
  #runners: TestRunner[] = [];
  #running: Running[] = [];
  #taken = new Map<TestRunner, number>();

  constructor(queue: QueueUnderTest) {
    this.queue = queue;
  }

  static async open(queue: QueueUnderTest, machines: number): Promise<BusySite> {
    const site = new BusySite(queue);
    for (let index = 1; index <= machines; index++) {
      site.#runners.push(await aRunner(queue, { id: `runner-${index}`, instance: `${index}`.repeat(16), cpu: CORES }));
    }
    return site;
  }

  async post(order: Order): Promise<string> {
    const id = String(this.#orders.size + 1);
    this.#orders.set(id, order);
    const { workspace, cpu } = order;
    this.queue.create(aJob({ id, cpu, productId: `of-${cpu}`, plan: { workspace } }));
    await this.#takeOffers();
    return id;
  }

  /** Time goes on to the next end of a job, at most so far; returns whose job it was. */
  async untilNextEnd(mostMs: number): Promise<string | null> {
    const next = this.#running.toSorted((a, b) => a.endsAtMs - b.endsAtMs)[0];
    const ms = Math.min(next === undefined ? mostMs : next.endsAtMs - this.queue.nowMs, mostMs);
    await this.queue.pass(Math.max(0, ms));
    await this.#takeOffers();
    if (next === undefined || next.endsAtMs > this.queue.nowMs) {
      return null;
    }
    this.#running = this.#running.filter((one) => one !== next);
    await next.runner.fact(next.ref, anExit());
    await this.#takeOffers();
    return this.#orders.get(next.ref.job)?.workspace ?? null;
  }

  startOf(id: string): Start | undefined {
    return this.starts.find((start) => start.id === id);
  }

  async #takeOffers(): Promise<void> {
    for (let isNew = true; isNew; ) {
      isNew = false;
      for (const runner of this.#runners) {
        const offers = runner.offers();
        for (const ref of offers.slice(this.#taken.get(runner) ?? 0)) {
          isNew = true;
          await this.#begin(runner, ref);
        }
        this.#taken.set(runner, offers.length);
      }
    }
  }

  async #begin(runner: TestRunner, ref: Ref): Promise<void> {
    const order = this.#orders.get(ref.job);
    if (order === undefined) {
      throw new Error(`nobody has posted ${ref.job}`);
    }
    await runner.accept(ref, true);
    await runner.fact(ref, STARTED);
    const { nowMs } = this.queue;
    this.starts.push({ id: ref.job, workspace: order.workspace, cpu: order.cpu, atMs: nowMs });
    this.#running.push({ runner, ref, endsAtMs: nowMs + order.lastsMs });
  }
}
